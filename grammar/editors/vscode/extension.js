// extension.js -- starts `w2s lsp` and lets Visual Studio Code talk to it.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
    const command = workspace.getConfiguration("w2s").get("path", "w2s");
    client = new LanguageClient(
        "w2s",
        "w2s",
        { command, args: ["lsp"] },
        { documentSelector: [{ language: "w2s" }] },
    );
    return client.start();
}

function deactivate() {
    return client === undefined ? undefined : client.stop();
}

module.exports = { activate, deactivate };
