using System.Globalization;

namespace UserProxy.App.Inspect;

/// <summary>Names of users, from /etc/passwd. Directories elsewhere (LDAP) are not asked: a number is enough then.</summary>
internal sealed class UserNames
{
    private readonly Dictionary<uint, string> _names = [];

    private UserNames()
    {
    }

    public static UserNames Read(string file = "/etc/passwd")
    {
        var users = new UserNames();
        try
        {
            foreach (string line in File.ReadLines(file))
            {
                // name:password:uid:gid:...
                if (line.Split(':') is [var name, _, var number, ..] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid))
                    users._names.TryAdd(uid, name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Numbers, then.
        }

        return users;
    }

    /// <summary>The name, or the number.</summary>
    public string Of(uint uid) => _names.TryGetValue(uid, out string? name) ? name : uid.ToString(CultureInfo.InvariantCulture);
}
