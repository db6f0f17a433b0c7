"""The lowest version of every requirement in `settings.ini`, as constraints for pip: `make setup LOWEST=1 PYTHON=python3.10` installs them, `make test` then tests them."""
import configparser
import re
from pathlib import Path

settings = configparser.ConfigParser(delimiters=['='])
settings.read(Path(__file__).resolve().parent.parent / 'settings.ini', encoding='utf-8')
for requirement in settings['DEFAULT']['requirements'].split():
    name, version = re.match(r'([\w-]+)>=([\d.]+)', requirement).groups()
    print(f'{name}=={version}.*')
