namespace UserProxy.Udp;

/// <summary>A port with a client's address, towards one endpoint.</summary>
internal readonly record struct KeptPlace(DatagramAddress Source, DatagramAddress Endpoint);
