namespace UserProxy.App.CommandLine;

/// <summary>
/// The scripts of <see cref="CompletionCommand"/>. They know no command and no option: each asks userproxy itself with the library's <c>[suggest]</c>
/// directive, so they cannot fall behind. Candidates may be names that tenants gave: no shell evaluates them.
/// </summary>
internal static class CompletionScripts
{
    // Not compgen -W, which expands its words.
    private const string Bash = """
        # bash completion for userproxy. Load it with: source <(userproxy completion bash)
        _userproxy() {
            local word=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} candidate
            line="userproxy${line#"${COMP_WORDS[0]}"}"
            COMPREPLY=()
            while IFS= read -r candidate; do
                # Options only when one is begun, and never the spellings of another system.
                [[ $candidate == /* || $candidate == '-?' ]] && continue
                [[ $candidate == -* && $word != -* ]] && continue
                [[ $candidate == "$word"* ]] && COMPREPLY+=("$candidate")
            done < <("$1" "[suggest:${#line}]" "$line" 2>/dev/null)
        }
        complete -o default -F _userproxy userproxy

        """;

    private const string Zsh = """
        #compdef userproxy
        # zsh completion for userproxy. Put it as _userproxy into a folder of $fpath, or load it after compinit with: source <(userproxy completion zsh)
        _userproxy() {
            local line="userproxy ${(j: :)words[2,CURRENT]}" candidate
            local -a candidates
            while IFS= read -r candidate; do
                [[ $candidate == /* || $candidate == '-?' ]] && continue
                [[ $candidate == -* && ${words[CURRENT]} != -* ]] && continue
                candidates+=("$candidate")
            done < <("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)
            if (( ${#candidates} )); then
                compadd -- "${candidates[@]}"
            else
                _files
            fi
        }
        if [[ ${funcstack[1]} == _userproxy ]]; then
            _userproxy "$@"
        else
            compdef _userproxy userproxy
        fi

        """;

    private const string Fish = """
        # fish completion for userproxy. Put it into ~/.config/fish/completions/userproxy.fish, or load it with: userproxy completion fish | source
        function __userproxy_candidates
            set -l line (commandline -cp)
            userproxy "[suggest:"(string length -- $line)"]" $line 2>/dev/null | string match -v -r '^(/|-\?$)'
        end
        complete -c userproxy -f
        complete -c userproxy -a '(__userproxy_candidates)'
        complete -c userproxy -n '__fish_seen_subcommand_from check run' -F

        """;

    public static string For(string shell) => (shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        _ => Fish,
    }).ReplaceLineEndings("\n");
}
