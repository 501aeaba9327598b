namespace UserProxy.Model;

/// <summary>Whose address endpoints see as that of their client.</summary>
public enum ClientAddressUse
{
    /// <summary>The client's own, where its endpoint's answers pass this node.</summary>
    Keep,

    /// <summary>This node's.</summary>
    Node,
}
