# SPDX-License-Identifier: MIT
"""Writes the manual pages and the completion of bash into a folder: make.py FOLDER

Commands, options and keys come from the program: daemon/sensord/usage.py, config/ and inputs/. A
command that sensord.1.in does not name, and a name there that is no command, are errors.
"""

import pathlib
import sys
from email.utils import parsedate_to_datetime

import configuration
from roff import escape

from sensord import __version__, inputs
from sensord.usage import COMMANDS, OPTIONS

HERE = pathlib.Path(__file__).parent

COMPLETION = """\
# bash completion of sensord
# SPDX-License-Identifier: MIT

_sensord_sensors() {{
    local config=/etc/sensord.toml i
    for ((i = 1; i < ${{#COMP_WORDS[@]}}; i++)); do
        [[ ${{COMP_WORDS[i - 1]}} == --config ]] && config=${{COMP_WORDS[i]}}
    done
    sed -n -E 's/^ *\\[sensor\\.([A-Za-z0-9_-]+)\\].*/\\1/p' "$config" 2>/dev/null
}}

_sensord() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
    local command= words i
    COMPREPLY=()
    case $before in
{values}
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i - 1]}} in
        {takes}) continue ;;
        esac
        case ${{COMP_WORDS[i]}} in
        {commands}) command=${{COMP_WORDS[i]}}; break ;;
        esac
    done
    case $command in
    '') words="{words} {common}" ;;
{options}
    esac
    if [[ $current != -* ]]; then
        case $command in
        {with_sensor}) words="$words $(_sensord_sensors)" ;;
        {with_files}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}

complete -F _sensord sensord
"""


def released():
    """The month of the release, as debian/changelog has it: "November 2026"."""
    # It lies beside this folder in the checkout, and above in the source package.
    for folder in (HERE.parent, HERE.parent.parent):
        if (folder / "debian/changelog").exists():
            entries = (folder / "debian/changelog").read_text()
            trailer = next(line for line in entries.splitlines() if line.startswith(" -- "))
            return parsedate_to_datetime(trailer.split("  ")[1]).strftime("%B %Y")
    raise FileNotFoundError("debian/changelog")


def sentence(text):
    return text[0].upper() + text[1:] + "."


def filled(line):
    return line.replace("@version@", __version__).replace("@date@", released())


def command_page():
    """sensord(1): sensord.1.in with the text of the commands and options that it names."""
    known = {name: (operands, doc) for name, operands, doc in COMMANDS}
    for line in (HERE / "sensord.1.in").read_text().splitlines():
        if line.startswith("@command "):
            operands, doc = known.pop(line.split()[1])
            yield ".TP"
            yield f'.BI {line.split()[1]} " {escape(operands)}"' if operands else f".B {line[9:]}"
            yield escape(sentence(doc))
        elif line == "@options":
            for spellings, value, _, command, doc in OPTIONS:
                yield ".TP"
                head = escape(", ".join(spellings))
                yield f'.BI "{head}" " {value}"' if value else f'.B "{head}"'
                yield escape(f"With {command}: {doc}." if command else sentence(doc))
        else:
            yield filled(line)
    if known:
        raise ValueError(f"sensord.1.in does not describe {', '.join(known)}")


def completion():
    """The completion of bash, without help of other packages."""
    values = []
    for spellings, value, name, _, _ in OPTIONS:
        if value == "FILE":
            complete = 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))'
        elif name == "features":
            choices = " ".join(inputs.schema("motion").KEYS["features"].choices)
            complete = f'COMPREPLY=($(compgen -W "{choices}" -- "$current"))'
        else:
            complete = ":"
        if value:
            values.append(f"    {'|'.join(spellings)}) {complete}; return ;;")
    names = [name for name, _, _ in COMMANDS]
    common = [s for spellings, _, _, command, _ in OPTIONS if not command for s in spellings]
    options = []
    for name in names:
        own = [s for spellings, _, _, command, _ in OPTIONS if command == name for s in spellings]
        options.append(f'    {name}) words="{" ".join(own + ["--config"])}" ;;')
    return COMPLETION.format(
        values="\n".join(values),
        takes="|".join(s for spellings, value, *_ in OPTIONS if value for s in spellings),
        commands="|".join(names),
        words=" ".join(names),
        common=" ".join(common),
        options="\n".join(options),
        with_sensor="|".join(name for name, operands, _ in COMMANDS if "SENSOR" in operands),
        with_files="|".join(name for name, operands, _ in COMMANDS if operands.startswith("IN ")),
    )


def main(folder):
    def write(name, lines):
        (folder / name).write_text("\n".join(lines).rstrip("\n") + "\n")

    write("sensord.1", command_page())
    write("sensord.8", [filled((HERE / "sensord.8.in").read_text())])
    write("sensord.toml.5", configuration.lines(__version__, released()))
    write("sensord.bash", [completion()])


main(pathlib.Path(sys.argv[1]))
