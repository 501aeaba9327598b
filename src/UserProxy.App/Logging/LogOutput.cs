using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using UserProxy.App.Configuration;
using UserProxy.Linux.Host;

namespace UserProxy.App.Logging;

/// <summary>
/// The log of a running proxy: lines on standard error. Of the framework's console logging only the formatters are used. Once a write has failed, the
/// framework writes on the thread that logs, for good: a reader that freezes then stops traffic (docs/decisions/0034).
/// </summary>
internal sealed class LogOutput : ILoggerFactory
{
    /// <summary>
    /// For as long as the process lives: SIGXFSZ of a log file at its limit (RLIMIT_FSIZE) would end it, with the last line as well. Without the signal the
    /// write fails, as on a full disk (setrlimit(2)). .NET has no name for it.
    /// </summary>
    private static readonly PosixSignalRegistration? FileSizeLimit = OperatingSystem.IsLinux()
        ? PosixSignalRegistration.Create((PosixSignal)25, signal => signal.Cancel = true)
        : null;

    private readonly ILoggerFactory _factory;
    private readonly LogLines _lines;

    private LogOutput(ILoggerFactory factory, LogLines lines) => (_factory, _lines) = (factory, lines);

    /// <summary>Lines that were lost so far.</summary>
    public long LinesDropped => _lines.Dropped;

    public static LogOutput Create(LogFormat format, LogLevel level, bool colour)
    {
        GC.KeepAlive(FileSizeLimit);
        return Create(format, level, colour, WriteToStandardError());
    }

    internal static LogOutput Create(LogFormat format, LogLevel level, bool colour, Func<byte[], int, int, int> write)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            if (format == LogFormat.Json) logging.AddJsonConsole(WriteJson);
            else logging.AddSimpleConsole(line => WriteText(line, colour));
            logging.ClearProviders();
        });
        // Not disposed of: the formatter follows its options by it.
        var formatter = services.BuildServiceProvider().GetServices<ConsoleFormatter>()
            .Single(formatter => formatter.Name == (format == LogFormat.Json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple));
        var lines = new LogLines(write, lost => LossOf(lost, formatter));
        lines.Start();
        return new LogOutput(LoggerFactory.Create(logging => logging.SetMinimumLevel(level).AddProvider(new Provider(formatter, lines))), lines);
    }

    public ILogger CreateLogger(string categoryName) => _factory.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => _factory.AddProvider(provider);

    public void Dispose()
    {
        _factory.Dispose();
        _lines.Dispose();
    }

    private static Func<byte[], int, int, int> WriteToStandardError()
    {
        if (OperatingSystem.IsLinux()) return (bytes, at, length) => StandardStreams.WriteError(bytes.AsSpan(at, length));
        var stream = Console.OpenStandardError();
        return (bytes, at, length) =>
        {
            try
            {
                stream.Write(bytes, at, length);
                return length;
            }
            catch (IOException)
            {
                return 0;
            }
        };
    }

    private static string LossOf(long lines, ConsoleFormatter formatter)
    {
        string said = "";
        new LineLogger("UserProxy.App", formatter, line => said = line).LogLinesLost(lines);
        return said;
    }

    private static void WriteText(SimpleConsoleFormatterOptions line, bool colour)
    {
        line.SingleLine = true;
        line.UseUtcTimestamp = true;
        line.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        // The formatter's own guess looks at standard output; these lines go to standard error.
        line.ColorBehavior = colour ? LoggerColorBehavior.Enabled : LoggerColorBehavior.Disabled;
    }

    private static void WriteJson(JsonConsoleFormatterOptions line)
    {
        line.UseUtcTimestamp = true;
        line.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    }

    private sealed class Provider(ConsoleFormatter formatter, LogLines lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, formatter, lines.Add);

        public void Dispose()
        {
        }
    }
}
