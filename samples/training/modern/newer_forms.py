"""Rewrites what PyTorch 1.13 exports into the forms of newer exporters, which this version lacks."""
import numpy as np
import onnx
from onnx import helper, numpy_helper

REDUCTIONS = {"ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare"}
FUNCTIONS = "pkg.onnxscript.torch_lib"
NEWEST_SET = 24


class Rewriter:
    def __init__(self, model: onnx.ModelProto) -> None:
        self.model, self.graph = model, model.graph
        self.is_used: set[str] = set()
        self.index()

    def index(self) -> None:
        self.maker = {name: node for node in self.graph.node for name in node.output}
        self.readers: dict[str, int] = {value.name: 1 for value in self.graph.output}
        for node in self.graph.node:
            for name in node.input:
                self.readers[name] = self.readers.get(name, 0) + 1

    def constant(self, name: str) -> np.ndarray | None:
        for value in self.graph.initializer:
            if value.name == name:
                return numpy_helper.to_array(value)
        node = self.maker.get(name)
        return numpy_helper.to_array(node.attribute[0].t) if node is not None and node.op_type == "Constant" else None

    def scalar(self, name: str) -> float | None:
        value = self.constant(name)
        return float(value) if value is not None and value.size == 1 else None

    def made_by(self, name: str, op_type: str) -> onnx.NodeProto | None:
        """The node of this type that makes the value, if nothing else reads it."""
        node = self.maker.get(name)
        return node if node is not None and node.op_type == op_type and self.readers[name] == 1 else None

    def operands(self, node: onnx.NodeProto, op_type: str) -> tuple[onnx.NodeProto, str] | None:
        """The operand that a node of this type makes, and the other one."""
        for i in range(2):
            found = self.made_by(node.input[i], op_type)
            if found is not None:
                return found, node.input[1 - i]
        return None

    def become(self, node: onnx.NodeProto, op_type: str, inputs: list[str], **attributes: object) -> None:
        node.CopyFrom(helper.make_node(op_type, inputs, list(node.output), node.name, **attributes))

    def prune(self) -> None:
        """Removes nodes that nothing reads any more."""
        while True:
            self.index()
            dead = [node for node in self.graph.node if not any(name in self.readers for name in node.output)]
            if not dead:
                break
            for node in dead:
                self.graph.node.remove(node)
        unread = [value for value in self.graph.initializer if value.name not in self.readers]
        for value in unread:
            self.graph.initializer.remove(value)

    def renew_reductions(self) -> None:
        """Axes as an input, from operator set 18 on."""
        for node in self.graph.node:
            axes = [attribute for attribute in node.attribute if attribute.name == "axes"]
            if node.op_type in REDUCTIONS and axes:
                name = f"{node.output[0]}_axes"
                self.graph.initializer.append(numpy_helper.from_array(np.array(axes[0].ints, np.int64), name))
                node.attribute.remove(axes[0])
                node.input.append(name)

    def renew_reshapes(self) -> None:
        """Zeros that are extents, as in every Reshape of the exporters based on FX."""
        for node in self.graph.node:
            shape = self.constant(node.input[1]) if node.op_type == "Reshape" else None
            if shape is not None and not node.attribute and 0 not in shape:
                node.attribute.append(helper.make_attribute("allowzero", 1))

    def renew_activations(self) -> None:
        for node in self.graph.node:
            if node.op_type != "Mul":
                continue
            if found := self.operands(node, "Sigmoid"):
                sigmoid, x = found
                if sigmoid.input[0] == x:
                    self.become(node, "Swish", [x])
                    continue
                scaled = self.made_by(sigmoid.input[0], "Mul")
                alpha = None if scaled is None or scaled.input[0] != x else self.scalar(scaled.input[1])
                if alpha is not None:
                    self.become(node, "Swish", [x], alpha=alpha)
                    continue
            if self.scalar(node.input[1]) == 0.5 and (product := self.made_by(node.input[0], "Mul")) is not None:
                found = self.operands(product, "Add")
                erf = found and self.operands(found[0], "Erf")
                if erf:
                    self.become(node, "Gelu", [found[1]])

    def renew_attention(self) -> None:
        for node in self.graph.node:
            softmax = self.made_by(node.input[0], "Softmax") if node.op_type == "MatMul" else None
            if softmax is None:
                continue
            scaled = self.maker.get(softmax.input[0])
            if scaled is None or scaled.op_type not in ("Mul", "Div") or self.readers[softmax.input[0]] != 1:
                continue
            factor, product = self.scalar(scaled.input[1]), self.made_by(scaled.input[0], "MatMul")
            turned = self.made_by(product.input[1], "Transpose") if product is not None and factor else None
            if turned is None or list(turned.attribute[0].ints) != [0, 1, 3, 2]:
                continue
            self.become(node, "Attention", [product.input[0], turned.input[0], node.input[1]],
                        scale=factor if scaled.op_type == "Mul" else 1 / factor)

    def call_functions(self) -> None:
        """Layer normalisation by a local function that calls another one."""
        calls = [node for node in self.graph.node if node.op_type == "LayerNormalization"]
        if not calls:
            return
        for node in calls:
            epsilon = next((a.f for a in node.attribute if a.name == "epsilon"), 1e-5)
            self.become(node, "aten_layer_norm", list(node.input), epsilon=epsilon)
            node.domain = FUNCTIONS
        inner = helper.make_node("LayerNormalization", ["x", "weight", "bias"], ["y"], axis=-1)
        inner.attribute.append(onnx.AttributeProto(name="epsilon", ref_attr_name="eps", type=onnx.AttributeProto.FLOAT))
        outer = helper.make_node("_aten_layer_norm_onnx", ["input", "weight", "bias"], ["result"])
        outer.attribute.append(onnx.AttributeProto(name="eps", ref_attr_name="epsilon",
                                                   type=onnx.AttributeProto.FLOAT))
        outer.domain = FUNCTIONS
        imports = [helper.make_opsetid("", NEWEST_SET), helper.make_opsetid(FUNCTIONS, 1)]
        for name, inputs, output, node, attribute in (
                ("_aten_layer_norm_onnx", ["x", "weight", "bias"], "y", inner, "eps"),
                ("aten_layer_norm", ["input", "weight", "bias"], "result", outer, "epsilon")):
            self.model.functions.append(helper.make_function(FUNCTIONS, name, inputs, [output], [node], imports,
                                                             [attribute]))
        self.model.opset_import.append(helper.make_opsetid(FUNCTIONS, 1))


def renew(model: onnx.ModelProto) -> None:
    """From operator set 17 to the newest."""
    rewriter = Rewriter(model)
    rewriter.renew_attention()
    rewriter.renew_activations()
    rewriter.renew_reductions()
    rewriter.renew_reshapes()
    rewriter.call_functions()
    rewriter.prune()
    model.opset_import[0].version = NEWEST_SET
    model.ir_version = 10
