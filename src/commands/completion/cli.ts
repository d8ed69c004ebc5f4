/** `qcc completion SHELL`: prints the script that makes a shell ask qcc for completions. */
import { usage } from '../../errors/qcc-error.ts';
import type { Context } from '../context.ts';

const bash = `# qcc completion bash: source <(qcc completion bash)
_qcc() {
  local name said
  COMPREPLY=()
  while IFS=$'\\t' read -r name said; do
    COMPREPLY+=("$name")
  done < <(qcc __complete "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "=\${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
}
complete -o default -F _qcc qcc`;

const zsh = `#compdef qcc
# qcc completion zsh: source <(qcc completion zsh), or as _qcc in a folder of $fpath
_qcc() {
  local name said
  local -a found
  while IFS=$'\\t' read -r name said; do
    found+=("\${name//:/\\\\:}\${said:+:$said}")
  done < <(qcc __complete "\${(@)words[2,CURRENT-1]}" "=\${words[CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe -V qcc found; else _files; fi
}
if [ "\${funcstack[1]}" = _qcc ]; then _qcc "$@"; else compdef _qcc qcc; fi`;

const fish = `# qcc completion fish | source
function __qcc_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l found (qcc __complete $words[2..-1] "=$typed" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$typed"
    end
end
complete -c qcc -f -a '(__qcc_complete)'`;

const pwsh = `# qcc completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName qcc -ScriptBlock {
    param($typed, $ast, $cursor)
    $words = @($ast.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.Extent.Text })
    qcc __complete @words "=$typed" 2>$null | ForEach-Object {
        $name, $said = $_ -split "\`t", 2
        if (-not $said) { $said = $name }
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $said)
    }
}`;

const scripts: Readonly<Record<string, string>> = { bash, zsh, fish, pwsh };

export function completion(context: Context): Promise<undefined> {
  const [shell = ''] = context.positionals;
  const { out, words, json } = context;
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined)
    throw usage(words.mustBe('SHELL', Object.keys(scripts).join(', '), shell), 'qcc completion bash');
  if (json) out.json({ shell, script });
  else out.line(...script.split('\n'));
  return Promise.resolve(undefined);
}
