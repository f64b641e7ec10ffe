#include "launch/sha256.hpp"

#include <string>

#include "catch.hpp"
#include "launch/base64.hpp"

using namespace renoir::launch;

namespace {

std::string sum_of(const std::string& text) {
    Sha256 sum;
    sum.add(text);
    return hexadecimal(sum.digest());
}

}  // namespace

TEST_CASE("SHA-256 gives the sums of its standard") {
    CHECK(sum_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sum_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sum_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sum_of(std::string(1000000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 is the same for all ways to divide the bytes") {
    std::string text;
    for (int i = 0; i < 300; ++i) text += static_cast<char>(i);
    for (std::size_t first = 0; first <= 130; ++first) {
        Sha256 sum;
        sum.add(text.substr(0, first));
        sum.add("");
        sum.add(text.substr(first));
        REQUIRE(hexadecimal(sum.digest()) == sum_of(text));
    }
}

TEST_CASE("Base64 gives the texts of its standard, and back") {
    const std::string foobar = "foobar";
    const std::string texts[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (std::size_t i = 0; i <= foobar.size(); ++i) {
        CHECK(base64_encoded(foobar.substr(0, i)) == texts[i]);
        CHECK(base64_decoded(texts[i]) == foobar.substr(0, i));
    }
    CHECK(base64_encoded("\xfb\xff") == "+/8=");
    CHECK(base64_decoded("Zg") == "f");
    CHECK_FALSE(base64_decoded("Z"));
    CHECK_FALSE(base64_decoded("Zm 9v"));
    CHECK_FALSE(base64_decoded("Zg=a"));
}
