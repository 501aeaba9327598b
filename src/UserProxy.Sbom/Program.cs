using UserProxy.Sbom;

// Run by the build alone: ASSETS is obj/project.assets.json, RID may be empty, RUNTIMECONFIG names the frameworks that the program wants.
if (args is not [string assets, string rid, string runtimeConfig, string name, string version, string output])
{
    await Console.Error.WriteLineAsync("usage: UserProxy.Sbom ASSETS RID RUNTIMECONFIG NAME VERSION OUTPUT");
    return 64;
}

try
{
    var bill = BillOfMaterials.Read(name, version, assets, rid, runtimeConfig);
    await using var file = File.Create(output);
    CycloneDx.Write(bill, file);
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or System.Text.Json.JsonException or System.Xml.XmlException)
{
    await Console.Error.WriteLineAsync($"UserProxy.Sbom: error: {e.Message}");
    return 1;
}
