import Kernels
import Tensors

extension KernelExecutor {
    /// Computes `output` = `input` x weight transposed + bias, and an activation of it.
    func dense<Input: TensorElement, Output: TensorElement>(
        _ input: Matrix<Input>, _ layer: DenseTensors, into output: Matrix<Output>,
        activated: Activated<Output>? = nil
    ) {
        multiply(
            .plain(input), .transposed(layer.weight), bias: layer.bias, into: output,
            activated: activated)
    }

    /// Computes the gradients of a dense layer's parameters, and that of its input into
    /// `inputGradient`, adding to it if `addsToInput`.
    func denseBackward<E: TensorElement, InputGradient: TensorElement>(
        input: Matrix<E>, _ layer: DenseTensors, gradient: Matrix<E>,
        parameterGradients: DenseTensors, accumulate: Bool, inputGradient: Matrix<InputGradient>,
        addsToInput: Bool = false
    ) {
        sumRows(gradient, into: parameterGradients.bias, accumulate: accumulate)
        multiply(
            .transposed(gradient), .plain(input), into: parameterGradients.weight,
            accumulate: accumulate)
        multiply(
            .plain(gradient), .plain(layer.weight), into: inputGradient, accumulate: addsToInput)
    }
}

/// Post-layer-normalization encoder layer of Devlin et al. (2019) over one batch.
struct EncoderLayer<E: TensorElement> {
    let configuration: BERTConfiguration
    let executor: KernelExecutor
    let tensors: LayerTensors
    let activations: LayerActivations<E>
    let batch: TokenBatch
    let dropouts: LayerDropouts
    let scratch: AttentionScratch

    private var tokens: Int { batch.tokens }
    private var epsilon: Float { Float(configuration.layerNormEpsilon) }

    private var attention: AttentionSetting {
        AttentionSetting(
            heads: configuration.heads, dropout: dropouts.attention, bounds: batch.bounds,
            rows: batch.randomRows)
    }

    private var logSums: Vector<Float> { activations.logSums.rows(tokens).elements }

    /// Computes the layer's output from `input` [T, N].
    func forward(_ input: Matrix<E>) {
        let queryKeyValue = activations.queryKeyValue.rows(tokens)
        let context = activations.context.rows(tokens)
        let sum = activations.attentionSum.rows(tokens)
        executor.dense(input, tensors.queryKeyValue, into: queryKeyValue)
        executor.attention(
            queryKeyValue, attention, logSums: logSums, into: context, scratch: scratch)
        executor.dense(context, tensors.attentionOutput, into: sum)
        executor.layerNorm(
            sum,
            residual: Residual(input, dropout: dropouts.attentionOutput, rows: batch.randomRows),
            tensors.attentionNorm, epsilon: epsilon,
            into: activations.attentionOutput.rows(tokens),
            statistics: activations.attentionStatistics.rows(tokens))
        feedForward()
    }

    private func feedForward() {
        let input = activations.attentionOutput.rows(tokens)
        let before = activations.intermediateInput.rows(tokens)
        let after = activations.intermediateOutput.rows(tokens)
        let sum = activations.outputSum.rows(tokens)
        executor.dense(
            input, tensors.intermediate, into: before,
            activated: Activated(configuration.activation, into: after))
        executor.dense(after, tensors.output, into: sum)
        executor.layerNorm(
            sum,
            residual: Residual(input, dropout: dropouts.feedForward, rows: batch.randomRows),
            tensors.outputNorm, epsilon: epsilon, into: activations.output.rows(tokens),
            statistics: activations.outputStatistics.rows(tokens))
    }

    /// Turns `flow.hidden` from the gradient of the output into that of `input`, and computes the
    /// parameters' `gradients`.
    func backward(
        input: Matrix<E>, flow: EncoderGradients<E>, gradients: LayerTensors, accumulate: Bool,
        progress: () -> Void
    ) {
        feedForwardBackward(flow: flow, gradients: gradients, accumulate: accumulate)
        progress()
        let hidden = flow.hidden.rows(tokens)
        executor.layerNormBackward(
            input: activations.attentionSum.rows(tokens), tensors.attentionNorm,
            statistics: activations.attentionStatistics.rows(tokens), gradient: hidden,
            parameterGradients: gradients.attentionNorm, accumulate: accumulate)
        let branch = dropped(hidden, dropouts.attentionOutput, flow)
        let context = activations.context.rows(tokens)
        let contextGradient = flow.context.rows(tokens)
        executor.denseBackward(
            input: context, tensors.attentionOutput, gradient: branch,
            parameterGradients: gradients.attentionOutput, accumulate: accumulate,
            inputGradient: contextGradient)
        progress()
        let projections = flow.queryKeyValue.rows(tokens)
        executor.attentionBackward(
            activations.queryKeyValue.rows(tokens), attention, logSums: logSums,
            contextGradient: contextGradient, into: projections, scratch: scratch)
        progress()
        executor.denseBackward(
            input: input, tensors.queryKeyValue, gradient: projections,
            parameterGradients: gradients.queryKeyValue, accumulate: accumulate,
            inputGradient: hidden, addsToInput: true)
    }

    private func feedForwardBackward(
        flow: EncoderGradients<E>, gradients: LayerTensors, accumulate: Bool
    ) {
        let hidden = flow.hidden.rows(tokens)
        executor.layerNormBackward(
            input: activations.outputSum.rows(tokens), tensors.outputNorm,
            statistics: activations.outputStatistics.rows(tokens), gradient: hidden,
            parameterGradients: gradients.outputNorm, accumulate: accumulate)
        let branch = dropped(hidden, dropouts.feedForward, flow)
        let intermediate = flow.intermediate.rows(tokens)
        executor.denseBackward(
            input: activations.intermediateOutput.rows(tokens), tensors.output, gradient: branch,
            parameterGradients: gradients.output, accumulate: accumulate,
            inputGradient: intermediate)
        executor.activateBackward(
            input: activations.intermediateInput.rows(tokens).elements, configuration.activation,
            gradient: intermediate.elements)
        executor.denseBackward(
            input: activations.attentionOutput.rows(tokens), tensors.intermediate,
            gradient: intermediate, parameterGradients: gradients.intermediate,
            accumulate: accumulate, inputGradient: hidden, addsToInput: true)
    }

    /// Computes the gradient behind a dropout; `hidden` keeps its value for the residual
    /// connection.
    private func dropped(
        _ hidden: Matrix<E>, _ dropout: Dropout, _ flow: EncoderGradients<E>
    ) -> Matrix<E> {
        guard dropout.isActive else { return hidden }
        let branch = flow.branch.rows(tokens)
        executor.dropout(hidden, dropout, rows: batch.randomRows, into: branch)
        return branch
    }
}
