using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using UserProxy.Model;

namespace UserProxy.Tests.Model;

public class GoDurationTests
{
    [Theory]
    [InlineData("0", "00:00:00")]
    [InlineData("-0", "00:00:00")]
    [InlineData("0s", "00:00:00")]
    [InlineData("250ms", "00:00:00.2500000")]
    [InlineData("1m30s", "00:01:30")]
    [InlineData("1.5h", "01:30:00")]
    [InlineData("2h45m", "02:45:00")]
    [InlineData(".5s", "00:00:00.5000000")]
    [InlineData("1.s", "00:00:01")]
    [InlineData("+5s", "00:00:05")]
    [InlineData("-1m", "-00:01:00")]
    [InlineData("10us", "00:00:00.0000100")]
    [InlineData("10µs", "00:00:00.0000100")]
    [InlineData("10μs", "00:00:00.0000100")]
    [InlineData("200ns", "00:00:00.0000002")]
    [InlineData("1ns", "00:00:00.0000001")]
    [InlineData("30s1m", "00:01:30")]
    [InlineData("0000000000000000000000000001s", "00:00:01")]
    [InlineData("0.333333333333333333333333s", "00:00:00.3333333")]
    public void TryParse_WhatGoAccepts_IsRead(string text, string expected)
    {
        GoDuration.TryParse(text, out var value).ShouldBeTrue();
        value.ShouldBe(TimeSpan.Parse(expected, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1..5s")]
    [InlineData("1x")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("1s ")]
    [InlineData("1S")]
    [InlineData("1d")]
    [InlineData("--1s")]
    [InlineData("1e3s")]
    [InlineData("infinite")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999999999999999h")]
    [InlineData("٣s")]
    [InlineData("99999999999999999h")]
    [InlineData("9999999999999999999h")]
    public void TryParse_WhatGoRefuses_IsRefused(string text) => GoDuration.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(2, "200ns")]
    [InlineData(15, "1.5µs")]
    [InlineData(2_500_000, "250ms")]
    [InlineData(15_000_000, "1.5s")]
    [InlineData(900_000_000, "1m30s")]
    [InlineData(72_000_000_000, "2h0m0s")]
    [InlineData(-10_000_000, "-1s")]
    public void Format_Ticks_AsGoPrintsThem(long ticks, string expected) => GoDuration.Format(TimeSpan.FromTicks(ticks)).ShouldBe(expected);

    [Fact]
    public void Format_ThenParse_GivesTheSameValue() =>
        Prop.ForAll<int, int>((high, low) =>
        {
            var value = TimeSpan.FromTicks(((long)high << 20) + low);
            return GoDuration.TryParse(GoDuration.Format(value), out var back) && back == value;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Format_ExtremeValues_DoesNotThrow()
    {
        GoDuration.Format(TimeSpan.MinValue).ShouldStartWith("-");
        GoDuration.Format(TimeSpan.MaxValue).ShouldEndWith("s");
    }
}
