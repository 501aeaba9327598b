namespace UserProxy.App.Demo;

/// <summary>One backend as the table shows it.</summary>
internal sealed record DemoRow(string Name, string Address, bool IsUp, bool Ejected, int Active, long Total, long FailedConnects, long Bytes);
