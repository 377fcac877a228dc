"""What the shop's data is: what came in, what was left out and why, earlier versions, how to bring more."""

from shopkeeper import ui
from shopkeeper.shop.data import report
from shopkeeper.shop.data import screen as parts

version = ui.opened().version
content = report.report(version)
parts.draw_totals(version, content)
parts.draw_tables(version, content)
parts.draw_rejects(version)
parts.draw_versions(version)
parts.draw_import(version)
