"""``baby``, ``weigh``, ``assign``, ``correct``: who is in the nursery, and what each weighs."""

from __future__ import annotations

import sys
from typing import Any, get_args

import click

from monitor.cli.lists import import_weights, list_options
from monitor.cli.options import GRAMS, box_config, by_option, config_option, json_option
from monitor.names import NoteKind, farewell

EVERYBODY = "all"
"""in place of a name: a note about the whole box"""


@click.group()
def baby() -> None:
    """Who is in the nursery."""


@baby.command("add")
@click.argument("name")
@click.option("--species", type=click.Choice(["kitten", "puppy"]), required=True)
@click.option("--born", metavar="DATE",
              help="Date of birth, a guess will do: 2026-01-31, 31 Jan, yesterday.")  # fmt: skip
@click.option("--weight", "weight_g", type=GRAMS, help="Weight now.")
@click.option("--adult-weight", "adult_weight_kg", metavar="KG",
              help="Expected adult weight: picks a puppy's growth band.")  # fmt: skip
@click.option("--also-nurses/--no-also-nurses", default=None,
              help="A queen or dam feeds it, too: how much it drinks is not known.")  # fmt: skip
@click.option("--weaning/--no-weaning", default=None,
              help="It eats solids, or lives on milk alone; otherwise its age says.")  # fmt: skip
@click.option("--confirm", is_flag=True, help="Yes, it really weighs that.")
@config_option
def baby_add(config_path: str | None, confirm: bool, **args: Any) -> int:
    """Register a baby; it is in the box from now on."""
    args["confirm"] = confirm or None
    return _submit(config_path, "baby_add", args, f"{args['name']} is in the nursery")


@baby.command("edit")
@click.argument("name")
@click.option("--rename", metavar="NAME")
@click.option("--species", type=click.Choice(["kitten", "puppy"]))
@click.option("--born", metavar="DATE")
@click.option("--weight", "weight_g", type=GRAMS, help="What it weighed when it was registered.")
@click.option("--adult-weight", "adult_weight_kg", metavar="KG")
@click.option("--also-nurses/--no-also-nurses", default=None,
              help="A queen or dam feeds it, too: how much it drinks is not known.")  # fmt: skip
@click.option("--weaning/--no-weaning", default=None,
              help="It eats solids, or lives on milk alone; otherwise its age says.")  # fmt: skip
@click.option("--confirm", is_flag=True, help="Yes, it really weighs that.")
@config_option
def baby_edit(config_path: str | None, confirm: bool, **args: Any) -> int:
    """Change what is known about a baby; its history stays with it."""
    if all(value is None for key, value in args.items() if key != "name"):
        raise click.UsageError(
            f"say what changes: nursery baby edit {args['name']} --rename OTHER, --species, "
            "--born, --weight, --adult-weight, --also-nurses or --weaning"
        )
    args["confirm"] = confirm or None
    return _submit(config_path, "baby_edit", args, f"{args['name']} changed")


@baby.command("retire")
@click.argument("name")
@click.option("--reason", metavar="WHY", help="Such as adopted, or died; kept with its history.")
@config_option
def baby_retire(config_path: str | None, name: str, reason: str | None) -> int:
    """A baby has left; its history is kept."""
    said = farewell(name, reason).removesuffix(".")
    return _submit(config_path, "baby_retire", {"name": name, "reason": reason}, said)


@baby.command("delete")
@click.argument("name")
@config_option
def baby_delete(config_path: str | None, name: str) -> int:
    """Take out a baby that was registered by mistake; only while it has no history."""
    return _submit(config_path, "baby_delete", {"name": name}, f"{name} is deleted")


@baby.command("list")
@click.option("--all", "everyone", is_flag=True, help="Also those who left.")
@json_option
@config_option
def baby_list(config_path: str | None, everyone: bool, as_json: bool) -> int:
    """Who is in the nursery, and the last weight of each."""
    config = box_config(config_path)
    from monitor.verbs.babies import list_babies

    return list_babies(config, everyone=everyone, as_json=as_json, out=sys.stdout)


@click.command()
@click.argument("name", required=False)
@click.argument("written", metavar="[GRAMS]", nargs=-1)
@click.option("--at", metavar="TIME",
              help="When it was weighed, if not now: 07:30, yesterday 23:10.")  # fmt: skip
@click.option("--confirm", is_flag=True, help="Yes, it really weighs that.")
@list_options
@click.option("--next", "announce", is_flag=True,
              help="The next baby lifted out or put back is being weighed, not fed.")  # fmt: skip
@by_option
@config_option
def weigh(
    config_path: str | None,
    name: str | None,
    written: tuple[str, ...],
    at: str | None,
    confirm: bool,
    csv_path: str | None,
    announce: bool,
    by: str | None,
    **of_lists: Any,
) -> int:
    """Note a weighing done by hand: nursery weigh Possum 112, or 4 oz, or 1 lb 2 oz.

    Or a whole list of them: nursery weigh --csv FILE; with NAME where it names nobody.
    """
    if announce:
        if name is not None or csv_path is not None:
            raise click.UsageError("--next stands alone: the scale finds out who it was")
        done = "the next baby lifted out or put back within five minutes is weighed, not fed"
        return _submit(config_path, "weigh_in", {}, done)
    if csv_path is not None:
        if written or at is not None:
            raise click.UsageError("give either GRAMS or --csv, not both")
        from monitor.recordings.weight_list import Choices

        how = {"yes": of_lists.pop("yes"), "undo": of_lists.pop("undo"), "confirm": confirm}
        how["by"] = by
        choices = Choices(baby=name, **of_lists)
        return import_weights(config_path, csv_path, choices, **how)
    if name is None or not written:
        raise click.UsageError("name the baby and its weight: nursery weigh Possum 112")
    grams = GRAMS.convert(" ".join(written), None, None)
    args = {"baby": name, "grams": grams, "at": at, "confirm": confirm or None}
    return _submit(config_path, "weigh", args, f"{name} weighed", by)


@click.command()
@click.argument("name")
@click.argument("written", metavar="[AMOUNT]", nargs=-1)
@click.option("--at", metavar="TIME",
              help="When it was fed, if not now: 07:30, yesterday 23:10.")  # fmt: skip
@click.option("--tube", is_flag=True, help="It was fed by tube.")
@click.option("--usual", is_flag=True, help="As much as it usually takes.")
@click.option("--confirm", is_flag=True, help="Yes, it really took that much.")
@by_option
@config_option
def feed(
    config_path: str | None,
    name: str,
    written: tuple[str, ...],
    at: str | None,
    tube: bool,
    usual: bool,
    confirm: bool,
    by: str | None,
) -> int:
    """Note a bottle that the scale did not see: nursery feed Possum 8 ml --at 07:30.

    Without an amount it counts for the rhythm only.
    """
    grams = " ".join(written) or None
    how = "tube" if tube else None
    args = {
        "baby": name,
        "grams": grams,
        "at": at,
        "how": how,
        "usual": usual or None,
        "confirm": confirm or None,
    }
    unknown = grams is None and not usual
    done = f"{name} was fed" + (", nobody knows how much" if unknown else "")
    return _submit(config_path, "feed", args, done, by)


@click.command()
@click.argument("name")
@click.argument("kind", type=click.Choice(get_args(NoteKind)))
@click.argument("value", required=False)
@click.option("--text", metavar="T", help="In your own words.")
@click.option("--at", metavar="TIME", help="When it was, if not now.")
@by_option
@config_option
def note(
    config_path: str | None,
    name: str,
    kind: str,
    value: str | None,
    text: str | None,
    at: str | None,
    by: str | None,
) -> int:
    """A line of the care log; NAME is "all" where it is about all of them."""
    baby = None if name == EVERYBODY else name
    args = {"baby": baby, "kind": kind, "value": value, "text": text, "at": at}
    return _submit(config_path, "note", args, f"{name}: {kind} noted", by)


@click.command()
@click.argument("step_id", metavar="STEP")
@click.argument("name", required=False)
@click.option("--object", "thing", metavar="THING",
              help="It was no baby but this thing, which is known from then on.")  # fmt: skip
@by_option
@config_option
def assign(
    config_path: str | None, step_id: str, name: str | None, thing: str | None, by: str | None
) -> int:
    """Answer "who was this?"; the original time is kept.

    A hot-water bottle: nursery assign 35afw0h --object "hot-water bottle". It is known by its
    grams then, also when it was refilled, and never taken for a bottle that a baby drank.
    """
    if (name is None) == (thing is None):
        raise click.UsageError("say who it was, or --object THING if it was no baby")
    args = {"step_id": step_id, "baby": name, "object": thing}
    said = name if thing is None else f"the {thing}, which is known from now on"
    return _submit(config_path, "assign", args, f"{step_id} was {said}", by)


@click.group()
def thing() -> None:
    """Things in the box that weigh like a baby: a hot-water bottle, a rice sock."""


@thing.command("list")
@json_option
@config_option
def thing_list(config_path: str | None, as_json: bool) -> int:
    """Which things are known, what each weighs, and whether it is in the box."""
    config = box_config(config_path)
    from monitor.verbs.things import list_things

    return list_things(config, as_json=as_json, out=sys.stdout)


@thing.command("forget")
@click.argument("name")
@config_option
def thing_forget(config_path: str | None, name: str) -> int:
    """A thing is no longer used: nobody is taken for it any more."""
    return _submit(config_path, "thing_forget", {"name": name}, f"{name} is forgotten")


@click.command()
@click.argument("entry_id", metavar="[ID]", required=False)
@config_option
def undo(config_path: str | None, entry_id: str | None) -> int:
    """Take back the last thing that anybody entered, or the one with this ID (nursery log)."""
    config = box_config(config_path)
    from monitor.verbs.local import submit
    from monitor.written.requests import request

    click.echo(submit(config, request("undo", {"id": entry_id})))
    return 0


@click.command()
@click.argument("step_id", metavar="ID")
@click.option("--baby", "name", metavar="NAME", help="It was this baby.")
@click.option("--grams", type=GRAMS, help="It weighed this.")
@click.option("--void", is_flag=True, help="It never happened.")
@click.option("--confirm", is_flag=True, help="Yes, the bottle was really that large.")
@by_option
@config_option
def correct(
    config_path: str | None,
    step_id: str,
    name: str | None,
    grams: float | None,
    void: bool,
    confirm: bool,
    by: str | None,
) -> int:
    """Correct a weighing, a bottle or a note; the old value stays in the history."""
    if not (name or grams or void):
        raise click.UsageError("say what was wrong: --baby NAME, --grams G or --void")
    args = {
        "step_id": step_id, "baby": name, "grams": grams, "void": void or None,
        "confirm": confirm or None,
    }  # fmt: skip
    return _submit(config_path, "correct", args, f"{step_id} corrected", by)


def _submit(
    path: str | None, verb: str, args: dict[str, Any], done: str, by: str | None = None
) -> int:
    config = box_config(path)
    from monitor.verbs.local import local_now, submit
    from monitor.written.requests import carer, request, understood

    now = local_now(config)
    asked = request(verb, args, now)
    said = submit(config, asked, carer(verb, by)) or understood(asked, now)
    click.echo(f"{done}: {said}" if said else done)
    return 0
