using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using UserProxy.App.Configuration;

namespace UserProxy.App.Hosting;

/// <summary>Builds the log of a running proxy: lines on standard error, which may be a pipe that nobody reads any more.</summary>
internal static class LogOutput
{
    /// <summary>Lines that may wait for a slow reader. Past that they are dropped and counted: a stuck log must not stop traffic.</summary>
    private const int LinesInQueue = 4096;

    public static ILoggerFactory Create(LogFormat format, LogLevel level, bool colour) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(level);
        if (format == LogFormat.Json) logging.AddJsonConsole(WriteJson);
        else logging.AddSimpleConsole(line => WriteText(line, colour));
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.MaxQueueLength = LinesInQueue;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    });

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
}
