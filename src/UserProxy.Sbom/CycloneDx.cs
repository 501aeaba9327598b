using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace UserProxy.Sbom;

/// <summary>Writes a bill of materials as CycloneDX 1.5 JSON. Without a time stamp, and with a serial number that follows from the content: the same build gives the same file.</summary>
internal static class CycloneDx
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(BillOfMaterials bill, Stream output)
    {
        var body = new ArrayBufferWriter<byte>();
        Write(bill, Guid.Empty, body);
        var serial = new Guid(SHA256.HashData(body.WrittenSpan).AsSpan(0, 16));
        body.ResetWrittenCount();
        Write(bill, serial, body);
        output.Write(body.WrittenSpan);
        output.WriteByte((byte)'\n');
    }

    private static void Write(BillOfMaterials bill, Guid serial, ArrayBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Options);
        string self = new Component(ComponentKind.Project, bill.Name, bill.Version, IsShipped: true, []).PackageUrl;
        json.WriteStartObject();
        json.WriteString("$schema", "http://cyclonedx.org/schema/bom-1.5.schema.json");
        json.WriteString("bomFormat", "CycloneDX");
        json.WriteString("specVersion", "1.5");
        json.WriteString("serialNumber", $"urn:uuid:{serial:D}");
        json.WriteNumber("version", 1);
        json.WriteStartObject("metadata");
        json.WriteStartObject("component");
        json.WriteString("type", "application");
        json.WriteString("bom-ref", self);
        json.WriteString("name", bill.Name);
        json.WriteString("version", bill.Version);
        json.WriteString("purl", self);
        WriteLicense(json, "Apache-2.0", null);
        json.WriteEndObject();
        json.WriteEndObject();

        json.WriteStartArray("components");
        foreach (var component in bill.Components) Write(json, component);
        json.WriteEndArray();

        var byName = bill.Components.ToDictionary(component => component.Name, component => component.PackageUrl, StringComparer.OrdinalIgnoreCase);
        json.WriteStartArray("dependencies");
        // What nothing else asked for, the program itself did.
        WriteDependencies(json, self, bill.Components.Where(component => !bill.Components.Any(other => other.DependsOn.Contains(component.Name, StringComparer.OrdinalIgnoreCase))).Select(component => component.PackageUrl));
        foreach (var component in bill.Components) WriteDependencies(json, component.PackageUrl, component.DependsOn.Where(byName.ContainsKey).Select(name => byName[name]));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Component component)
    {
        json.WriteStartObject();
        json.WriteString("type", component.Kind == ComponentKind.Framework ? "framework" : "library");
        json.WriteString("bom-ref", component.PackageUrl);
        if (component.Package?.Authors is { } authors) json.WriteString("author", authors);
        json.WriteString("name", component.Name);
        json.WriteString("version", component.Version);
        if (component.Package?.Description is { } description) json.WriteString("description", description.Trim());
        // excluded: used to build, and not in the folder. A framework is not in it either, and required all the same.
        json.WriteString("scope", component.IsShipped || component.Kind == ComponentKind.Framework ? "required" : "excluded");
        if (component.Package is { } package)
        {
            json.WriteStartArray("hashes");
            json.WriteStartObject();
            json.WriteString("alg", "SHA-512");
            json.WriteString("content", package.Sha512);
            json.WriteEndObject();
            json.WriteEndArray();
            WriteLicense(json, package.License, package.LicenseUrl);
        }
        else
        {
            WriteLicense(json, component.Kind == ComponentKind.Project ? "Apache-2.0" : "MIT", null);
        }

        json.WriteString("purl", component.PackageUrl);
        if (component.Package?.Repository is { } repository)
        {
            json.WriteStartArray("externalReferences");
            json.WriteStartObject();
            json.WriteString("type", "vcs");
            json.WriteString("url", repository);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteLicense(Utf8JsonWriter json, string? expression, string? url)
    {
        if (expression is null && url is null) return;
        json.WriteStartArray("licenses");
        json.WriteStartObject();
        if (expression is not null)
        {
            json.WriteString("expression", expression);
        }
        else
        {
            json.WriteStartObject("license");
            json.WriteString("name", "see the address");
            json.WriteString("url", url);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteDependencies(Utf8JsonWriter json, string subject, IEnumerable<string> dependencies)
    {
        json.WriteStartObject();
        json.WriteString("ref", subject);
        json.WriteStartArray("dependsOn");
        foreach (string dependency in dependencies.Distinct(StringComparer.Ordinal)) json.WriteStringValue(dependency);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
