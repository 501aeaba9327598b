namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>The classes that look at one <see cref="LiveScrape"/>: it is made once.</summary>
[CollectionDefinition(nameof(LiveScrapeGroup))]
public sealed class LiveScrapeGroup : ICollectionFixture<LiveScrape>;
