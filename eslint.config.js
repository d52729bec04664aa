// The house rules that a machine can check: strict TypeScript, no forgotten promises, and the direction of imports.
const js = require("@eslint/js");
const tseslint = require("typescript-eslint");

/** Rooms never import upwards: schema is pure, functions know schema, infra knows schema; nothing imports functions or the program. */
const forbid = (files, patterns, paths = []) => ({
    files,
    rules: { "no-restricted-imports": ["error", { patterns, paths }] },
});
const pulumi = { group: ["@pulumi/*"], message: "Only infra/ speaks Pulumi." };
const infra = { regex: "(^|/)infra(/|$)", message: "infra/ is imported by index.ts and tests only." };
const functions = { regex: "(^|/)functions(/|$)", message: "functions/ are programs: they are run, not imported." };
const sockets = [
    "kafkajs",
    "@clickhouse/client",
    "@platformatic/kafka",
    "ws",
    "node:http",
    "node:https",
    "node:net",
].map((name) => ({
    name,
    message: "Only the provider's clients (and the embedded services themselves) open sockets.",
}));
const pulumiConfig = {
    selector: "NewExpression[callee.property.name='Config'], NewExpression[callee.name='Config']",
    message: "Only infra/config.ts reads pulumi.Config.",
};

module.exports = tseslint.config(
    { ignores: ["node_modules/**", ".trading/**"] },
    js.configs.recommended,
    ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["**/*.ts"] })),
    {
        files: ["**/*.ts"],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
        rules: {
            "@typescript-eslint/no-floating-promises": "error",
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
            "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
            "no-restricted-syntax": ["error", pulumiConfig],
            // Types that are compared are used once each.
            "@typescript-eslint/no-unnecessary-type-parameters": "off",
            "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
        },
    },
    { files: ["infra/config.ts"], rules: { "no-restricted-syntax": "off" } },
    {
        files: ["**/*.js"],
        languageOptions: {
            globals: {
                require: "readonly",
                module: "writable",
                process: "readonly",
                __dirname: "readonly",
                Buffer: "readonly",
                console: "readonly",
            },
        },
    },
    forbid(["schema/**/*.ts"], [pulumi, infra, functions], [...sockets, "node:fs"]),
    forbid(["functions/**/*.ts"], [pulumi, infra]),
    forbid(["infra/**/*.ts", "index.ts"], [functions], sockets),
    forbid(["infra/provider/clients/**/*.ts", "infra/embedded/**/*.ts", "infra/cli/**/*.ts"], [functions]),
    { files: ["tests/**/*.ts"], rules: { "@typescript-eslint/no-unused-expressions": "off" } },
);
