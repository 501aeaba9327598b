using UserProxy.App;
using UserProxy.App.Commands;

return await CommandTree.InvokeAsync(args, Surroundings.OfProcess());
