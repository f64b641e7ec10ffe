#!/usr/bin/env bash
# pkg_config.sh PREFIX PROGRAM_FOLDER BUILD_FOLDER COMMAND...: builds the program with a compiler
# and pkg-config alone, then runs the command.
set -euo pipefail

prefix=$1 program=$2 build=$3
shift 3
mkdir -p "$build"

modules=$(find "$prefix" -name renoir.pc -printf '%h')
flags=$(PKG_CONFIG_PATH=$modules pkg-config --cflags --libs renoir)
echo "pkg-config says: $flags"
read -ra flags <<<"$flags"
"${CXX:-c++}" -std=c++20 -O1 "$program/wordcount.cpp" -o "$build/wordcount" "${flags[@]}"
"$@"
