#include "launch/upload.hpp"

#include <libssh2_sftp.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "launch/command.hpp"
#include "launch/random_name.hpp"
#include "launch/sha256.hpp"
#include "launch/shell_words.hpp"

namespace renoir::launch {
namespace {

using std::chrono::seconds;

// So much is on its way at a time: the library cuts it into requests and waits for none of them. It
// is what the window of sshd holds; what is more waits in the library, and slows it to a third.
constexpr std::size_t bytes_in_flight = 2 * 1024 * 1024;
// A busy disk may let a host pause.
constexpr seconds patience{20};
constexpr seconds patience_for_sum{60};
constexpr long private_mode = LIBSSH2_SFTP_S_IRWXU;

Deadline soon() {
    return Clock::now() + patience;
}

std::string in_quotes(const std::string& text) {
    return "'" + text + "'";
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

class Upload {
 public:
    Upload(Connection& connection, const LocalFile& file, const std::string& path,
           const std::function<void(std::uint64_t)>& on_progress)
        : connection_(connection),
          file_(file),
          path_(path),
          part_(path + ".part." + random_name()),
          on_progress_(on_progress),
          sftp_(connection.call_pointer(soon(), [this] { return libssh2_sftp_init(session()); }),
                SftpEnd{connection.session()}) {
        if (sftp_) return;
        throw connection_.failure(libssh2_session_last_errno(session()),
                                  "the host takes no files over SFTP; its sshd needs the line "
                                  "'Subsystem sftp internal-sftp'");
    }

    UploadResult run() {
        if (is_there()) return UploadResult::present;
        make_folder();
        const ChannelHandle guard = guard_part();
        try {
            write_part();
            if (sum_of(part_) != file_.sha256()) {
                throw connection_.entry().error("the copy " + in_quotes(path_) +
                                                    " differs from the file; check the disk of the "
                                                    "host and try again",
                                                ErrorKind::output);
            }
            put_in_place();
        } catch (...) {
            remove_part();
            throw;
        }
        return UploadResult::copied;
    }

 private:
    struct SftpEnd {
        LIBSSH2_SESSION* session;

        void operator()(LIBSSH2_SFTP* sftp) const noexcept {
            with_blocking_session(session, [sftp] { libssh2_sftp_shutdown(sftp); });
        }
    };
    struct FileEnd {
        LIBSSH2_SESSION* session;

        void operator()(LIBSSH2_SFTP_HANDLE* handle) const noexcept {
            with_blocking_session(session, [handle] { libssh2_sftp_close_handle(handle); });
        }
    };
    using File = std::unique_ptr<LIBSSH2_SFTP_HANDLE, FileEnd>;

    [[nodiscard]] LIBSSH2_SESSION* session() const { return connection_.session(); }
    [[nodiscard]] LIBSSH2_SFTP* sftp() const { return sftp_.get(); }

    template <class Call>
    auto call(Call function) {
        return connection_.call(soon(), function);
    }

    static unsigned length_of(const std::string& text) {
        return static_cast<unsigned>(text.size());
    }

    // ---- what is there -------------------------------------------------------------------------

    std::optional<std::uint64_t> size_of(const std::string& path) {
        LIBSSH2_SFTP_ATTRIBUTES attributes{};
        const int code = call([&] {
            return libssh2_sftp_stat_ex(sftp(), path.data(), length_of(path), LIBSSH2_SFTP_STAT,
                                        &attributes);
        });
        if (Connection::means_lost(code)) throw connection_.lost();
        if (code != 0) return std::nullopt;
        return attributes.filesize;
    }

    bool is_there() { return size_of(path_) == file_.size() && sum_of(path_) == file_.sha256(); }

    /// The first word of the last line: a login may print something of its own before.
    static std::string sum_in(std::string_view output) {
        if (output.ends_with('\n')) output.remove_suffix(1);
        const std::size_t line = output.rfind('\n');
        if (line != output.npos) output.remove_prefix(line + 1);
        return std::string(output.substr(0, output.find(' ')));
    }

    std::string sum_of(const std::string& path) {
        const std::string command = "exec sh -c " + shell_quoted(sum_script(shell_quoted(path)));
        const RemoteResult result = run_command(connection_, command, {.limit = patience_for_sum});
        if (result.is_success()) return sum_in(result.output);
        throw connection_.entry().error(
            "the copy " + in_quotes(path_) + " cannot be verified (" +
                result.error.substr(0, result.error.find('\n')) +
                "); the host needs sha256sum, a shell that permits it, and a readable copy",
            ErrorKind::output);
    }

    // ---- writing -------------------------------------------------------------------------------

    void make_folder() {
        const std::string folder = folder_of(path_);
        if (size_of(folder)) return;
        const int code = call([&] {
            return libssh2_sftp_mkdir_ex(sftp(), folder.data(), length_of(folder), private_mode);
        });
        if (code == 0) return;
        const Error error = cannot("make the folder", folder, code);
        // Somebody else may have made it at the same time.
        if (!size_of(folder)) throw error;
    }

    /// A command that removes the part when it loses its input, whatever ends the connection: this
    /// process may be killed, or the network cut. A host that does not run it does without.
    ChannelHandle guard_part() {
        const std::string command =
            "exec sh -c 'cat >/dev/null; rm -f -- \"$0\"' " + shell_quoted(part_);
        ChannelHandle guard(connection_.call_pointer(
                                soon(), [this] { return libssh2_channel_open_session(session()); }),
                            ChannelEnd{session()});
        if (guard) (void)call([&] { return libssh2_channel_exec(guard.get(), command.c_str()); });
        return guard;
    }

    void write_part() {
        const File part(connection_.call_pointer(soon(),
                                                 [this] {
                                                     return libssh2_sftp_open_ex(
                                                         sftp(), part_.data(), length_of(part_),
                                                         LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT |
                                                             LIBSSH2_FXF_EXCL,
                                                         private_mode, LIBSSH2_SFTP_OPENFILE);
                                                 }),
                        FileEnd{session()});
        if (!part) throw cannot("write", part_, libssh2_session_last_errno(session()));
        std::string_view rest = file_.content();
        while (!rest.empty()) {
            const auto size = call([&] {
                return libssh2_sftp_write(part.get(), rest.data(),
                                          std::min(rest.size(), bytes_in_flight));
            });
            if (size < 0) throw cannot("write", part_, static_cast<int>(size));
            rest.remove_prefix(static_cast<std::size_t>(size));
            if (on_progress_) on_progress_(file_.size() - rest.size());
        }
    }

    /// Servers refuse to rename onto what exists: another launcher may have been faster, or an
    /// older file is there.
    void put_in_place() {
        if (rename_part() == 0) return;
        if (is_there()) return remove_part();
        (void)call(
            [this] { return libssh2_sftp_unlink_ex(sftp(), path_.data(), length_of(path_)); });
        const int code = rename_part();
        if (code != 0) throw cannot("write", path_, code);
    }

    int rename_part() {
        return call([this] {
            return libssh2_sftp_rename_ex(sftp(), part_.data(), length_of(part_), path_.data(),
                                          length_of(path_), 0);
        });
    }

    /// As well as it goes: the error that led here is the one to report.
    void remove_part() noexcept {
        with_blocking_session(
            session(), [this] { libssh2_sftp_unlink_ex(sftp(), part_.data(), length_of(part_)); });
    }

    // ---- errors --------------------------------------------------------------------------------

    Error cannot(const std::string& action, const std::string& path, int code) {
        const std::string text = "the host cannot " + action + " " + in_quotes(path) + ": ";
        if (code != LIBSSH2_ERROR_SFTP_PROTOCOL) {
            return connection_.failure(code, text + last_words(session()) + "; try again",
                                       ErrorKind::output);
        }
        return connection_.entry().error(text + reason(libssh2_sftp_last_error(sftp())),
                                         ErrorKind::output);
    }

    std::string reason(unsigned long status) {
        if (status == LIBSSH2_FX_PERMISSION_DENIED) {
            return "no permission; give the user write permission there, or another remote folder";
        }
        if (status == LIBSSH2_FX_NO_SUCH_FILE) {
            return "its folder does not exist; make it, or give another remote folder";
        }
        if (is_full()) return "no space left; free some, or give another remote folder";
        return "it does not say why (status " + std::to_string(status) +
               "); check quotas, and whether the file system there can be written";
    }

    /// Servers have no word for a lack of space, but tell how much there is.
    bool is_full() {
        const std::string folder = folder_of(path_);
        LIBSSH2_SFTP_STATVFS room{};
        const int code =
            call([&] { return libssh2_sftp_statvfs(sftp(), folder.data(), folder.size(), &room); });
        return code == 0 && (room.f_bavail * room.f_frsize < file_.size() || room.f_favail == 0);
    }

    Connection& connection_;
    const LocalFile& file_;
    const std::string& path_;
    std::string part_;
    const std::function<void(std::uint64_t)>& on_progress_;
    std::unique_ptr<LIBSSH2_SFTP, SftpEnd> sftp_;
};

}  // namespace

std::string sum_script(const std::string& file) {
    // It is several times faster, where it is there.
    return "openssl dgst -sha256 -r <" + file + " 2>/dev/null || sha256sum <" + file;
}

UploadResult upload_file(Connection& connection, const LocalFile& file,
                         const std::string& remote_path,
                         const std::function<void(std::uint64_t)>& on_progress) {
    return Upload(connection, file, remote_path, on_progress).run();
}

}  // namespace renoir::launch
