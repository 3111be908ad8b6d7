"""The table, and the same as data."""


def number(value, digits=0):
    return f"{value:,.{digits}f}"


def rows(plan):
    """Each row: its label and how to read its cell from one server's results."""

    def load(key):
        def cell(results):
            case = results["load"][key]
            return f"{number(case['cpu_us'])} µs ({number(case['per_second'])}/s)"

        return cell

    def memory(key):
        return lambda results: f"{number(results['memory'][key]['bytes'] / 1024, 1)} KiB"

    def login(results):
        case = results["memory"]["plain"]
        return f"{number(case['login_cpu_us'] / 1000, 2)} ms ({case['mechanism']})"

    def day(key, unit="", digits=0):
        def cell(results):
            value = results["day"][key]
            return "none" if value is None else number(value, digits) + unit

        return cell

    def deliveries(part):
        def cell(results):
            counts = results[part + "_deliveries"]
            if not counts["expected"]:
                raise KeyError(part)
            text = "/".join(number(counts[key]) for key in ("lost", "doubled", "disordered"))
            return f"{text} of {number(counts['expected'])}"

        return cell

    table = [
        (f"CPU per message, {count} device{'s' if count > 1 else ''}", load(f"{count}"))
        for count in plan.devices
    ]
    table += [
        (f"CPU per message, {count} devices, archive on", load(f"{count} archive"))
        for count in plan.archive_devices
    ]
    if plan.sessions:
        table += [
            ("memory per idle session, plain", memory("plain")),
            ("memory per idle session, carbons + sm, quiet", memory("features")),
            ("CPU per login", login),
        ]
    if plan.devices or plan.archive_devices:
        table.append(("load: lost/doubled/out of order", deliveries("load")))
    if plan.speed:
        table += [
            ("day: wake-ups of the quiet phone", day("wake_ups")),
            ("day: radio on while quiet", day("radio_s", " s")),
            ("day: reads while quiet", day("reads")),
            ("day: bytes while quiet", day("bytes")),
            ("day: median delay of a message to the quiet phone", day("im_delay_s", " s")),
            ("day: lost/doubled/out of order", deliveries("day")),
        ]
    return table


def markdown(outcomes, plan, versions):
    """`outcomes` maps a server's name to its results, or to the text of what failed."""
    names = list(outcomes)
    heads = [f"{name} {versions[name]}" for name in names]
    lines = ["| | " + " | ".join(heads) + " |", "|---" * (len(names) + 1) + "|"]
    for label, cell in rows(plan):
        cells = []
        for name in names:
            try:
                cells.append(cell(outcomes[name]))
            except KeyError:
                cells.append("failed" if outcomes[name]["failures"] else "left out")
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    lines.append("")
    lines.append(plan.describe())
    for name in names:
        for kind in ("failures", "left_out"):
            for part, text in outcomes[name][kind].items():
                lines.append(f"\n{name}, {part}: {text}")
    return "\n".join(lines) + "\n"
