namespace UserProxy.App.Configuration;

/// <summary>How log lines are written: for people or for a log pipeline.</summary>
internal enum LogFormat
{
    Text,
    Json,
}
