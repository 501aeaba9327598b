using System.Reflection;
using BenchmarkDotNet.Running;

// Of this assembly: the proxy's own Program is in sight too.
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
