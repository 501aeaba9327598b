namespace UserProxy.Model;

/// <summary>The words of <see cref="ClientAddressUse"/>, as annotations and the configuration have them and as they are shown.</summary>
public static class ClientAddressText
{
    /// <summary>What may be written, for messages.</summary>
    public const string Choices = "keep or node";

    public static bool TryParse(string text, out ClientAddressUse use)
    {
        use = text == "node" ? ClientAddressUse.Node : ClientAddressUse.Keep;
        return text is "keep" or "node";
    }

    public static string Of(ClientAddressUse use) => use == ClientAddressUse.Keep ? "keep" : "node";
}
