using System.Text.Json.Serialization;
using k8s.KubeConfigModels;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>What exec plugins print (client.authentication.k8s.io), in the package's model and without reflection.</summary>
[JsonSerializable(typeof(ExecCredentialResponse))]
internal sealed partial class ExecJson : JsonSerializerContext;
