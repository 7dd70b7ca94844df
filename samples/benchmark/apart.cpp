#include "apart.hpp"

#include "cli/common.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <sys/wait.h>
#include <unistd.h>

namespace vkseg::benchmark {
namespace {

// First character of each line in the pipe: its kind.
constexpr char sent_line = '=';
constexpr char failure_line = '!'; // followed by the exit code, a digit, and the message

void write_line(int to, char kind, std::string text)
{
    for (char& c : text)
        c = c == '\n' ? ' ' : c;
    text.insert(text.begin(), kind);
    text += '\n';
    for (size_t written = 0; written < text.size();)
    {
        const ssize_t count = write(to, text.data() + written, text.size() - written);
        if (count < 0 && errno != EINTR)
            _exit(cli::bad_input); // the reader is gone
        written += count > 0 ? size_t(count) : 0;
    }
}

void write_failure(int to, cli::ExitCode code, const std::string& message)
{
    write_line(to, failure_line, char('0' + code) + message);
}

void work_and_report(const std::function<void(const Send&)>& work, int to)
{
    try
    {
        work([to](const std::string& line) { write_line(to, sent_line, line); });
    }
    catch (const cli::Failure& failure)
    {
        write_failure(to, failure.code(), failure.what());
    }
    catch (const std::bad_alloc&)
    {
        write_failure(to, cli::no_usable_device, "out of memory");
    }
    catch (const std::exception& error)
    {
        write_failure(to, cli::bad_input, error.what());
    }
}

struct File
{
    std::FILE* handle = nullptr;
    ~File() { std::fclose(handle); }
};

/// Reads lines to the end; returns the failure among them, or an empty string.
std::string receive_lines(int from, const Receive& receive)
{
    const File file = {fdopen(from, "r")};
    std::string failure;
    std::string line;
    for (int c = std::getc(file.handle); c != EOF; c = std::getc(file.handle))
    {
        if (c != '\n')
        {
            line += char(c);
            continue;
        }
        if (line.front() == sent_line)
            receive(line.substr(1));
        else
            failure = line.substr(1);
        line.clear();
    }
    return failure;
}

class Child
{
public:
    explicit Child(pid_t id) : id_(id) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child()
    {
        if (id_ <= 0)
            return;
        kill(id_, SIGKILL);
        wait();
    }

    int wait()
    {
        int status = 0;
        while (waitpid(id_, &status, 0) < 0 && errno == EINTR)
        {}
        id_ = 0;
        return status;
    }

private:
    pid_t id_;
};

} // namespace

void run_apart(const std::function<void(const Send&)>& work, const Receive& receive)
{
    int ends[2] = {};
    if (pipe(ends) != 0)
        throw cli::Failure(cli::no_usable_device, "cannot create a pipe");
    std::fflush(stdout);
    const pid_t id = fork();
    if (id < 0)
        throw cli::Failure(cli::no_usable_device, "cannot create a process");
    if (id == 0)
    {
        close(ends[0]);
        work_and_report(work, ends[1]);
        _exit(0);
    }
    Child child(id);
    close(ends[1]);
    const std::string failure = receive_lines(ends[0], receive);
    const int status = child.wait();
    if (!failure.empty())
        throw cli::Failure(cli::ExitCode(failure.front() - '0'), failure.substr(1));
    if (WIFSIGNALED(status))
        throw cli::Failure(
            cli::no_usable_device,
            fmt::format("the driver or the system ended the measurement by signal {}", WTERMSIG(status)));
    if (status != 0)
        throw cli::Failure(cli::no_usable_device, fmt::format("the measurement ended with status {}", status));
}

} // namespace vkseg::benchmark
