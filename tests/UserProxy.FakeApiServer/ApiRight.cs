namespace UserProxy.FakeApiServer;

/// <summary>A verb on a resource, in the words of a ClusterRole's rules. The core group is the empty name.</summary>
public sealed record ApiRight(string Group, string Resource, string Verb)
{
    /// <summary>
    /// As the API server's own authorization sees a request: <c>/api/v1</c> or <c>/apis/GROUP/VERSION</c>, perhaps <c>namespaces/NAME</c>, a resource, perhaps
    /// a name and a subresource.
    /// </summary>
    /// <exception cref="FormatException">A path outside of the resources: a right of another kind.</exception>
    public static ApiRight Of(RequestSeen request)
    {
        string[] parts = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, rest) = parts switch
        {
            ["api", _, .. var core] => ("", core),
            ["apis", var named, _, .. var others] => (named, others),
            _ => throw new FormatException($"{request.Path} is no resource"),
        };
        if (rest is ["namespaces", _, _, ..]) rest = rest[2..];
        if (rest is []) throw new FormatException($"{request.Path} is no resource");
        string resource = rest is [var kind, _, var part, ..] ? $"{kind}/{part}" : rest[0];
        return new ApiRight(group, resource, VerbOf(request, named: rest.Length > 1));
    }

    private static string VerbOf(RequestSeen request, bool named) => request.Method switch
    {
        "GET" or "HEAD" when request.IsWatch => "watch",
        "GET" or "HEAD" => named ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => named ? "delete" : "deletecollection",
        _ => throw new FormatException($"{request.Method} has no verb"),
    };
}
