namespace UserProxy.Sbom;

/// <summary>What a <see cref="Component"/> is.</summary>
internal enum ComponentKind
{
    /// <summary>Of NuGet.</summary>
    Package,

    /// <summary>Of this repository.</summary>
    Project,

    /// <summary>A shared framework, which the machine or the base image has.</summary>
    Framework,
}
