// A library that is there for the launcher only.

int version_of_remote_library();

int version_of_remote_library() {
    return 1;
}
