using UserProxy.App;
using UserProxy.App.CommandLine;

return await CommandTree.InvokeAsync(args, Surroundings.OfProcess());
