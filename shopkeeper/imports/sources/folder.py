"""A folder as a source: what is new in it or has changed, by the checksum of its bytes."""

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.files import listed
from shopkeeper.imports.sources.declaration import Folder, Source
from shopkeeper.imports.sources.fetched import Before, Fetched, by_age, compare
from shopkeeper.messages import message


def fetch(source: Source, place: Folder, before: Before) -> Fetched:
    """Raise `Refused` where the folder is not there, or a file in it cannot be read."""
    if not place.path.is_dir():
        raise Refused(
            message("sources.{name}.path: there is no folder {path}. Check it.", name=source.name, path=place.path)
        )
    files, left = listed([place.path], source.mapping)
    fetched = compare(source, before, ((file, "") for file in by_age(files)))
    return fetched.with_warnings(left)
