"""What the shop's data is: what came in, what was left out and why, how to bring more, earlier versions."""

from shopkeeper import ui
from shopkeeper.i18n import gettext as _
from shopkeeper.shop.data import report
from shopkeeper.shop.data.screen import bring_in, content, versions
from shopkeeper.shop.health import screen as health

version = ui.opened().version
sections = {
    "content": _("What is here"),
    "health": _("Data health"),
    "bring_in": _("Bring data in"),
    "versions": _("Versions"),
}
section = ui.choose(_("View"), sections, "data_section", "bring_in" if version.shop.sample else "content", hidden=True)
if section == "content":
    held = report.report(version)
    content.draw_totals(version, held)
    content.draw_tables(version, held)
    content.draw_rejects(version)
elif section == "health":
    health.draw(version)
elif section == "versions":
    versions.draw(version)
else:
    bring_in.draw(version)
