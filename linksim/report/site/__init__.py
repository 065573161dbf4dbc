"""The results explorer: finished result folders as pages for a browser, without a server and without a network.

`build.build_site` writes them. `content` makes plain data of a folder, `pictures` brings its received pictures, and
`pages` puts both into the templates; `assets` holds what runs in the browser, and in `vendor` D3 and Observable Plot,
which draw the curves.
"""
