// An application's namespace with the platform's endpoint and key in it, for pods that speak to OpenAI-compatible APIs.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** The fields of a model that this program reads; docs/outputs.schema.json has the others. */
interface Model {
    model: string;
    base_url_in_cluster: string;
    max_model_len: number;
    timeout_seconds: number;
    embedding_size?: number | null;
}

const VERSION = 1;
const config = new pulumi.Config();
const stack = config.require("platformStack"); // organization/llm-platform/prod
const name = config.require("model"); // as in the platform's stack file

const platform = new pulumi.StackReference(stack);
const chat = pulumi.all([platform.getOutput("version"), platform.getOutput("models")]).apply(([version, models]) => {
    if (version !== VERSION) {
        const has = version === undefined ? "none" : `version ${version}`;
        throw new pulumi.RunError(`this program reads version ${VERSION} of LLM Platform's outputs; ${stack} has ${has}`);
    }
    const known = models as Record<string, Model>;
    if (!(name in known)) {
        throw new pulumi.RunError(`${stack} has no model '${name}'; it has ${Object.keys(known).sort().join(", ")}`);
    }
    return known[name];
});

const namespace = new k8s.core.v1.Namespace("app", {
    metadata: { name: "chat", labels: { "llm-platform/client": "true" } }, // without it the models' pods don't answer
});
const metadata = { namespace: namespace.metadata.name, name: "llm" };
new k8s.core.v1.ConfigMap("llm", {
    metadata,
    data: {
        OPENAI_BASE_URL: chat.base_url_in_cluster,
        MODEL: chat.model,
        MAX_TOKENS: pulumi.interpolate`${chat.max_model_len}`,
        TIMEOUT_SECONDS: pulumi.interpolate`${chat.timeout_seconds}`,
    },
});
new k8s.core.v1.Secret("llm", {
    metadata,
    stringData: { OPENAI_API_KEY: platform.getOutput("api_key").apply((key) => key ?? "none") }, // stays a secret
});
