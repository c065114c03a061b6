"""`hygiene completion`: what a shell needs to complete commands and options."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
_WHERE = {
    "bash": "hygiene completion bash > ~/.local/share/bash-completion/completions/hygiene",
    "zsh": "hygiene completion zsh > ~/.zfunc/_hygiene",
    "fish": "hygiene completion fish > ~/.config/fish/completions/hygiene.fish",
}


@click.command(epilog="\b\n" + "\n".join(_WHERE.values()))
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    click.echo(SHELLS[shell](context.find_root().command, {}, "hygiene", "_HYGIENE_COMPLETE").source())
