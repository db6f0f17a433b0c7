"Sphinx reads this; `tools/book.py` puts the pages beside each other first (`make book`)."
import re
from configparser import ConfigParser
from pathlib import Path

ini = ConfigParser(delimiters=['='], interpolation=None)
ini.read(Path(__file__).resolve().parents[1] / 'settings.ini', encoding='utf-8')
settings = ini['DEFAULT']
GITHUB = f"https://github.com/{settings['user']}/{settings['repo']}"

project, author, release = settings['title'], settings['author'], settings['version']
copyright = settings['copyright']
extensions = ['myst_nb', 'sphinx_design', 'sphinx.ext.autodoc', 'sphinx-mathjax-offline']
exclude_patterns = ['**/.ipynb_checkpoints']

# the notebooks, with the outputs that are committed: nothing is executed
nb_execution_mode = 'off'
nb_merge_streams = True
myst_enable_extensions = ['dollarmath', 'amsmath', 'colon_fence']
myst_heading_anchors = 4
nb_mime_priority_overrides = [('html', 'application/vnd.jupyter.widget-view+json', None)]   # a progress bar is a widget: its text is shown
nb_ipywidgets_js = {}
suppress_warnings = ['mystnb.unknown_mime_type']

# the pages
html_theme = 'sphinx_book_theme'
html_title = 'dset'
html_baseurl = f"https://{settings['user']}.github.io/{settings['repo']}/"
html_static_path = ['_static']
html_css_files = ['book.css']
html_copy_source = False
html_show_sourcelink = False
html_theme_options = dict(
    repository_url=GITHUB, repository_branch=settings['branch'], path_to_docs='nbs', use_repository_button=True, use_issues_button=True, use_download_button=False,
    launch_buttons=dict(colab_url='https://colab.research.google.com', binderhub_url='https://mybinder.org', notebook_interface='jupyterlab'),
    home_page_in_toc=False, show_navbar_depth=1, show_toc_level=2)

# the API from the docstrings
autodoc_member_order = 'bysource'
autodoc_typehints = 'signature'
autodoc_preserve_defaults = True
add_module_names = False


def _escape(text: str) -> str:
    "One line of a docstring as reStructuredText: what stands in backticks is code, nothing else has a meaning."
    parts = re.split(r'`([^`]+)`', text)
    return ''.join(f'\\ ``{p.strip()}``\\ ' if i % 2 and p.strip() else re.sub(r'([\\*|_`<>:])', r'\\\1', p) for i, p in enumerate(parts))


def docstring(app, what, name, obj, options, lines):
    "Our docstrings are plain text: the first line, a blank line, then shapes, units and errors; lines are kept."
    lines[:] = [f'| {_escape(line.strip())}' if line.strip() else '' for line in lines] + ['']


def skip(app, what, name, obj, would_skip, options):
    "The fields of a named tuple document themselves as 'Alias for field number 0'."
    return True if type(obj).__name__ == '_tuplegetter' else None


def setup(app):
    app.connect('autodoc-process-docstring', docstring)
    app.connect('autodoc-skip-member', skip)
