#pragma once

#include <string>

// Public keys and their fingerprints, all made by ssh-keygen.

inline const std::string ed25519_key =
    "AAAAC3NzaC1lZDI1NTE5AAAAIK0PfF4v09Dmz0v15vlPvjrY0cCihq+eJVig5HhGB2zu";
inline const std::string ed25519_fingerprint = "SHA256:M4ObN0eyEF1ognYFRpqWfyX/2Yp9eK9Dl1EGZglcOPw";

inline const std::string other_ed25519_key =
    "AAAAC3NzaC1lZDI1NTE5AAAAIMKsA8kFUobGXRWFbdDaocjrjyB4HovMazqxksjKHxRm";
inline const std::string other_ed25519_fingerprint =
    "SHA256:LHwPziFMZgqZ6LY23XoQPTB9TH6slah0yqgUvwqejZo";

inline const std::string ecdsa_key =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBE/xeYnpfP5ieexZRzN7Or9X2X/"
    "Y2v4lgj1WxYxsUGzsN7iPKzszjN3+vkPLPgCTyw1fts3duX2viyDCG/hrVKU=";
inline const std::string ecdsa_fingerprint = "SHA256:6Oycvtb1aH6Km6/myFHrdoIWjhIuz73rYumEHQTOfic";

// hashed.lan with the first key, and [hashed.lan]:2222 with the last one.
inline const std::string hashed_lines =
    "|1|Tkv7eiwee9gM/t722G39+Q3FLvs=|TctarcrZQ4bKxkB/09jmBWEvlrY= ssh-ed25519 " + ed25519_key +
    "\n|1|7xbkts9SHQdEJ5lc83dRe+MOVV8=|sVKEbV/4Edo6zzwMwTRnf89p6mA= ecdsa-sha2-nistp256 " +
    ecdsa_key + "\n";
