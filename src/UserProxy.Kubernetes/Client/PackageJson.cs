using System.Text.Json.Serialization;
using k8s.Models;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// JSON of the package's models that are used here. The package's own context has all of the API's, which is half of a native executable: a publish leaves it
/// out (Substitutions.xml of the App). Used by <see cref="ApiConnection"/> for what it sends, and by <see cref="ApiStatus"/>.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Corev1Event))]
[JsonSerializable(typeof(Eventsv1Event))]
[JsonSerializable(typeof(V1Status))]
internal sealed partial class PackageJson : JsonSerializerContext;
