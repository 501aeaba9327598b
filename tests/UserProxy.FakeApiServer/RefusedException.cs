namespace UserProxy.FakeApiServer;

/// <summary>A request that is refused: the code and the words of the Status that says so.</summary>
public sealed class RefusedException(int code, string reason, string message) : Exception(message)
{
    public int Code => code;

    public string Reason => reason;

    public static RefusedException NotFound(string resource, string name) => new(404, "NotFound", $"{resource} \"{name}\" not found");

    public static RefusedException Invalid(string name, string message) => new(422, "Invalid", $"Service \"{name}\" is invalid: {message}");
}
