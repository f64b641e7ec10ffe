#include <renoir/runtime/operator_info.hpp>

#include <cstring>
#include <string_view>

namespace renoir {

std::string OperatorInfo::text() const {
    const std::string_view path = where.file_name();
    const std::string_view file = path.substr(path.rfind('/') + 1);
    return name + " (" + std::string(file) + ":" + std::to_string(where.line()) + ")";
}

namespace detail {

std::string current_exception_text() {
    try {
        throw;
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (const std::string& text) {
        return text;
    } catch (const char* text) {
        return text;
    } catch (...) {
        return "an exception that is not a std::exception";
    }
}

void rethrow_as_failure_of(const OperatorInfo& info) {
    try {
        throw;
    } catch (const OperatorFailure&) {
        throw;
    } catch (...) {
        throw OperatorFailure(info, current_exception_text());
    }
}

}  // namespace detail

}  // namespace renoir
