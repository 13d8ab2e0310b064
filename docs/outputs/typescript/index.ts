// An application's namespace with the gateway's URL in it, for pods that speak to OpenAI-compatible APIs. Their key is in
// the Secret of their client, which the platform puts into this namespace (`gateway.clients.NAME.namespace: chat`).
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** The fields of a model that this program reads; docs/outputs.schema.json has the others. */
interface Model {
    model: string;
    max_model_len: number;
    embedding_size?: number | null;
}

interface Gateway {
    base_url_in_cluster: string;
    timeout_seconds: number;
    clients: Record<string, { secret: { name: string }; models: string[] }>;
}

const VERSION = 2;
const config = new pulumi.Config();
const stack = config.require("platformStack"); // organization/llm-platform/prod
const name = config.require("model"); // as in the platform's stack file
const client = config.require("client"); // as in the platform's stack file

const platform = new pulumi.StackReference(stack);
const said = pulumi.all([platform.getOutput("versions"), platform.getOutput("gateway"), platform.getOutput("models")]);
const endpoint = said.apply(([versions, gateway, models]) => {
    if (!((versions ?? []) as number[]).includes(VERSION)) {
        const has = versions === undefined ? "none" : `versions ${versions}`;
        throw new pulumi.RunError(`this program reads version ${VERSION} of LLM Platform's outputs; ${stack} has ${has}`);
    }
    const known = models as Record<string, Model>;
    const { clients, ...url } = gateway as Gateway;
    if (!(client in clients)) {
        throw new pulumi.RunError(`${stack} has no client '${client}'; it has ${Object.keys(clients).sort().join(", ")}`);
    }
    if (!(name in known) || !clients[client].models.includes(name)) {
        throw new pulumi.RunError(`${client} may not call '${name}'; it may call ${clients[client].models.join(", ")}`);
    }
    return { ...url, ...known[name], secret: clients[client].secret.name };
});

const namespace = new k8s.core.v1.Namespace("app", {
    metadata: { name: "chat", labels: { "llm-platform/client": "true" } }, // without it the gateway doesn't answer
});
const metadata = { namespace: namespace.metadata.name, name: "llm" };
new k8s.core.v1.ConfigMap("llm", {
    metadata,
    data: {
        OPENAI_BASE_URL: endpoint.base_url_in_cluster,
        MODEL: endpoint.model,
        MAX_TOKENS: pulumi.interpolate`${endpoint.max_model_len}`,
        TIMEOUT_SECONDS: pulumi.interpolate`${endpoint.timeout_seconds}`,
    },
});
export const secret = endpoint.secret; // for envFrom of the pods: OPENAI_API_KEY
