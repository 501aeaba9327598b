using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>Requests in the words of a role's rules, as the API server's authorization has them.</summary>
public class ApiRightTests
{
    [Theory]
    [InlineData("GET", "/api/v1/services", "?limit=500", "/services/list")]
    [InlineData("GET", "/api/v1/nodes", "?watch=true", "/nodes/watch")]
    [InlineData("GET", "/apis/discovery.k8s.io/v1/endpointslices", "", "discovery.k8s.io/endpointslices/list")]
    [InlineData("GET", "/api/v1/namespaces/demo/services/web", "", "/services/get")]
    [InlineData("POST", "/apis/events.k8s.io/v1/namespaces/demo/events", "", "events.k8s.io/events/create")]
    [InlineData("PATCH", "/api/v1/namespaces/demo/services/web/status", "", "/services|status/patch")]
    [InlineData("DELETE", "/api/v1/namespaces/demo/services", "", "/services/deletecollection")]
    [InlineData("DELETE", "/api/v1/namespaces/demo", "", "/namespaces/delete")]
    public void Right_OfARequest_IsThatOfARule(string method, string path, string query, string expected)
    {
        var right = new RequestSeen(DateTimeOffset.UnixEpoch, method, path, query, "HTTP/2").Right;
        $"{right.Group}/{right.Resource.Replace('/', '|')}/{right.Verb}".ShouldBe(expected);
    }

    [Theory]
    [InlineData("GET", "/version")]
    [InlineData("GET", "/api/v1")]
    [InlineData("CONNECT", "/api/v1/services")]
    public void Right_OfNoResource_IsSaid(string method, string path) =>
        Should.Throw<FormatException>(() => new RequestSeen(DateTimeOffset.UnixEpoch, method, path, "", "HTTP/2").Right);
}
