"""The diagrams of the documentation and the README. `make reference` writes them to docs/images."""

from dev.drawing import Arrow, Box, Diagram

_CREDENTIALS = "the credentials of the location"

REQUEST = Diagram(
    name="request",
    description="A request comes from Brent by HTTP, is answered with 202, runs as an orchestration of activities "
    "that call Azure, and ends in one event on Kafka that Brent reads.",
    width=760,
    height=470,
    shapes=(
        Box(204, 16, 352, 416, "Azure resource driver", kind="group"),
        Box(16, 60, 120, 338, "Brent", ("the resource", "manager of", "TNC-O / CP4NA"), kind="outside"),
        Box(224, 60, 312, 62, "HTTP function", ("parse, find the package, plan, check, seal",)),
        Box(224, 172, 312, 62, "Orchestration", ("durable: steps and timers, no I/O",)),
        Box(224, 284, 312, 62, "Activities", ("short steps that can be repeated",)),
        Box(224, 372, 312, 52, "Event", ("COMPLETE or FAILED, with the topology",)),
        Box(600, 60, 144, 62, "Package", ("lifecycle.yaml,", "Bicep template"), kind="store"),
        Box(600, 172, 144, 62, "Task hub", ("state, sealed",), kind="store"),
        Box(600, 284, 144, 62, "Azure", ("Resource Manager,", "Entra ID"), kind="outside"),
        Box(600, 372, 144, 52, "Kafka", kind="outside"),
        Arrow(((136, 80), (224, 80)), "1 POST", (142, 74)),
        Arrow(((224, 106), (136, 106)), "2 202", (148, 124)),
        Arrow(((370, 122), (370, 172)), "start", (380, 152)),
        Arrow(((340, 234), (340, 284)), "call", (308, 264)),
        Arrow(((400, 284), (400, 234)), "outcome", (410, 264)),
        Arrow(((370, 346), (370, 372)), "the last step publishes", (380, 364)),
        Arrow(((536, 91), (600, 91)), both=True),
        Arrow(((536, 203), (600, 203)), both=True),
        Arrow(((536, 315), (600, 315)), "3", (573, 308), both=True),
        Arrow(((536, 398), (600, 398)), "4", (573, 391)),
        Arrow(((672, 424), (672, 452), (76, 452), (76, 398)), "5 event", (86, 420)),
    ),
)

STATES = Diagram(
    name="states",
    description="An accepted request is IN_PROGRESS, running a step or waiting, until its event is on Kafka. Then "
    "it is COMPLETE or FAILED. The same POST sends the event of a COMPLETE one again, and runs a FAILED one again.",
    width=760,
    height=340,
    shapes=(
        Box(16, 128, 116, 56, "POST", ("answered 202",), kind="outside"),
        Box(176, 50, 340, 230, "IN_PROGRESS", kind="group"),
        Box(200, 128, 110, 56, "Running", ("a step",)),
        Box(384, 86, 112, 140, "Waiting", ("azure", "entra", "request", "condition", "host", "kafka")),
        Box(610, 74, 134, 56, "COMPLETE", kind="store"),
        Box(610, 200, 134, 56, "FAILED", kind="outside"),
        Arrow(((132, 156), (200, 156))),
        Arrow(((310, 144), (384, 144)), "must wait", (314, 136)),
        Arrow(((384, 170), (310, 170)), "next try", (318, 188)),
        Arrow(((516, 102), (610, 102)), "event sent", (524, 94)),
        Arrow(((516, 228), (610, 228)), "event sent", (524, 220)),
        Arrow(((677, 74), (677, 34), (74, 34), (74, 128)), "the same POST: the event is sent again", (230, 26)),
        Arrow(((677, 256), (677, 314), (255, 314), (255, 184)), "the same POST: it runs again", (330, 306)),
    ),
)

OWNERSHIP = Diagram(
    name="ownership",
    description="A resource that a deployment has written is owned if the incoming topology names it, if it was "
    "adopted, or if Azure shows that it did not exist before. A Delete removes only what is owned.",
    width=760,
    height=400,
    shapes=(
        Box(60, 16, 340, 56, "A deployment has written a resource", ("shown by its record in Azure",), kind="outside"),
        Box(60, 112, 340, 66, "Did this resource own it before?", ("the topology names it, or it was adopted",)),
        Box(60, 222, 340, 66, "Was it new?", ("a GET answered 404 before the first PUT,", "or it was created later")),
        Box(
            520,
            112,
            200,
            176,
            "Owned",
            ("in associatedTopology;", "a Delete removes it,", "unless the package", "retains it"),
            kind="store",
        ),
        Box(60, 328, 340, 56, "Not owned", ("in notOwned; the driver never deletes it",), kind="outside"),
        Arrow(((230, 72), (230, 112))),
        Arrow(((230, 178), (230, 222)), "no", (240, 205)),
        Arrow(((230, 288), (230, 328)), "no, or nothing shows it", (240, 313)),
        Arrow(((400, 145), (520, 145)), "yes", (446, 137)),
        Arrow(((400, 255), (520, 255)), "yes", (446, 247)),
    ),
)

AZURE = Diagram(
    name="azure",
    description="On Azure one resource group holds the function app, its storage account, Key Vault, Application "
    "Insights with alerts and, if chosen, a Durable Task Scheduler. The app reaches them by a managed identity.",
    width=624,
    height=440,
    shapes=(
        Box(176, 16, 432, 300, "Resource group of the driver", kind="group"),
        Box(16, 60, 112, 62, "Brent", ("TNC-O / CP4NA",), kind="outside"),
        Box(16, 160, 112, 62, "Kafka", kind="outside"),
        Box(
            196,
            52,
            172,
            162,
            "Function app",
            ("Flex Consumption,", "Premium or Dedicated,", "", "with a managed identity", "instead of keys"),
        ),
        Box(404, 52, 188, 54, "Storage account", ("package, task hub",), kind="store"),
        Box(404, 116, 188, 54, "Key Vault", ("keys, path, passwords",), kind="store"),
        Box(404, 180, 188, 54, "Application Insights", ("log, metrics, alerts",), kind="store"),
        Box(404, 244, 188, 54, "Task Scheduler", ("optional: task hub",), kind="store"),
        Box(196, 244, 172, 54, "Private network", ("optional",), kind="store"),
        Box(
            176,
            366,
            432,
            58,
            "Subscriptions of the deployment locations",
            ("Resource Manager, Entra ID",),
            kind="outside",
        ),
        Arrow(((128, 91), (196, 91)), "HTTPS", (130, 84)),
        Arrow(((196, 191), (128, 191)), "events", (132, 184)),
        Arrow(((368, 79), (404, 79))),
        Arrow(((368, 143), (404, 143))),
        Arrow(((368, 200), (386, 200), (386, 207), (404, 207))),
        Arrow(((386, 207), (386, 271), (404, 271))),
        Arrow(((236, 214), (236, 228), (186, 228), (186, 340), (376, 340), (376, 366)), _CREDENTIALS, (388, 352)),
    ),
)

POD = Diagram(
    name="pod",
    description="On OpenShift a Route and a Service lead to the pods. A pod runs the Functions host with Python worker "
    "processes and reads its keys from Secrets. The task hub is outside of the pod.",
    width=760,
    height=440,
    shapes=(
        Box(164, 16, 432, 408, "Namespace", kind="group"),
        Box(180, 132, 400, 150, "Pod azure-driver (one or more)", kind="group"),
        Box(16, 48, 112, 56, "Brent", ("TNC-O / CP4NA",), kind="outside"),
        Box(16, 172, 112, 86, "Kafka", kind="outside"),
        Box(200, 48, 150, 56, "Route or Ingress", ("optional",)),
        Box(410, 48, 150, 56, "Service", ("port 7275, TLS",)),
        Box(390, 172, 170, 86, "Functions host", ("HTTP, timers,", "Durable extension")),
        Box(200, 172, 150, 86, "Worker processes", ("Python: the driver",)),
        Box(180, 340, 190, 66, "Secrets", ("certificate, sealing keys,", "function keys"), kind="store"),
        Box(390, 340, 190, 66, "Task hub", ("trial: Azurite; SQL Server;", "or a service on Azure"), kind="store"),
        Box(632, 172, 112, 86, "Azure", ("ARM, Entra ID",), kind="outside"),
        Arrow(((128, 76), (200, 76)), "HTTPS", (132, 68)),
        Arrow(((350, 76), (410, 76))),
        Arrow(((475, 104), (475, 172))),
        Arrow(((350, 215), (390, 215)), both=True),
        Arrow(((200, 215), (128, 215)), "events", (132, 207)),
        Arrow(((275, 258), (275, 306), (688, 306), (688, 258)), "443", (640, 298)),
        Arrow(((230, 340), (230, 258)), "files", (238, 330)),
        Arrow(((485, 258), (485, 340)), both=True),
    ),
)

DIAGRAMS = (REQUEST, STATES, OWNERSHIP, AZURE, POD)
