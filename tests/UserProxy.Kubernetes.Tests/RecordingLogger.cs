using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes.Tests;

/// <summary>Keeps what was logged, to be asked.</summary>
internal sealed class RecordingLogger<T> : ILogger<T>
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id, string Message)> _lines = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _seen = new();

    public IEnumerable<string> Lines(int id) => _lines.Where(line => line.Id == id).Select(line => line.Message);

    /// <summary>Ends when an event of this id has been logged, now or before.</summary>
    public Task SeenAsync(int id) => SourceOf(id).Task;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue((logLevel, eventId.Id, formatter(state, exception)));
        SourceOf(eventId.Id).TrySetResult();
    }

    private TaskCompletionSource SourceOf(int id) => _seen.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
