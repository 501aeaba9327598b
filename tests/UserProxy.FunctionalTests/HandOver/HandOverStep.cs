namespace UserProxy.FunctionalTests.HandOver;

/// <summary>How far a hand-over has come when a test does something else than what is expected.</summary>
public enum HandOverStep
{
    Connected,
    Greeted,
    Welcomed,
    Begun,
    SomeSockets,
    AllSockets,
    Ready,
    Yours,
}
