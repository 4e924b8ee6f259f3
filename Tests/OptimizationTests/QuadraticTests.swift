import Kernels
import Optimization
import Tensors
import Testing

/// One rule's losses and last parameters on a quadratic.
struct QuadraticTrace: Sendable, CustomTestStringConvertible {
    let settings: OptimizerSettings
    let losses: [Double]
    let parameters: [Double]

    var testDescription: String {
        "\(settings.name)\(settings.correctsBias ? " with" : " without") bias correction"
    }

    /// Computed by this program (Python's floats are double precision):
    ///
    ///     def trace(lamb, corr, steps=6):
    ///         p=[1.0,-2.0,0.5]; t=[0.0,1.0,0.25]; a=[1.0,0.5,4.0]
    ///         dec=[True,True,False]; groups=[[0,1],[2]]; m=[0]*3; v=[0]*3
    ///         b1,b2,eps,wd,clip=.9,.999,1e-6,.01,1.0; out=[]
    ///         for n in range(1,steps+1):
    ///             out.append(sum(.5*a[i]*(p[i]-t[i])**2 for i in range(3)))
    ///             lr=.25*(n/2 if n<=2 else (steps+2-n)/steps)
    ///             g=[a[i]*(p[i]-t[i]) for i in range(3)]; u=[]
    ///             c=min(1,clip/(math.sqrt(sum(x*x for x in g))+1e-6))
    ///             for i in range(3):
    ///                 m[i]=b1*m[i]+(1-b1)*g[i]*c; v[i]=b2*v[i]+(1-b2)*(g[i]*c)**2
    ///                 M,V=(m[i]/(1-b1**n),v[i]/(1-b2**n)) if corr else (m[i],v[i])
    ///                 u.append(M/(math.sqrt(V)+eps)+(wd*p[i] if dec[i] else 0))
    ///             for G in groups:
    ///                 r=1
    ///                 if lamb and dec[G[0]]:
    ///                     r=math.sqrt(sum(p[i]**2 for i in G))/math.sqrt(sum(u[i]**2 for i in G))
    ///                 for i in G: p[i]-=lr*r*u[i]
    ///         return out, p
    static let all = [
        QuadraticTrace(
            settings: OptimizerSettings(),
            losses: [2.875, 1.9172045, 0.7895619, 0.5021941, 0.2859915, 0.2190261],
            parameters: [-0.0841604, 1.9915797, 0.0961972]),
        QuadraticTrace(
            settings: OptimizerSettings(biasCorrection: true),
            losses: [2.875, 2.4757842, 1.9317393, 1.6015034, 1.3354008, 1.1481956],
            parameters: [0.0687626, -1.0236737, 0.176101]),
        QuadraticTrace(
            settings: OptimizerSettings(name: .lamb),
            losses: [2.875, 2.3158641, 1.6321493, 1.3283916, 1.1209696, 0.9854999],
            parameters: [-0.0321727, -0.8980564, 0.189356]),
    ]
}

/// Rule, schedule and clipping together against literals.
@Suite struct QuadraticTests {
    @Test(arguments: QuadraticTrace.all) func followsTheTrace(_ trace: QuadraticTrace) {
        let layout = ParameterLayout([
            (name: "weight", shape: [2], decays: true), (name: "bias", shape: [1], decays: false),
        ])
        let optimizer = Optimizer(
            settings: trace.settings, layout: layout, executor: KernelExecutor(threads: 1))
        // The trace's rates: 1/8, 1/4, then 5/6, 4/6, 3/6 and 2/6 of 1/4.
        let schedule = LearningRateSchedule(warmupSteps: 2, totalSteps: 8)
        let target: [Float] = [0, 1, 0.25], curvature: [Float] = [1, 0.5, 4]
        let parameters = Block<Float>(count: 3), gradients = Block<Float>(count: 3)
        for (index, value) in [Float(1), -2, 0.5].enumerated() { parameters.vector[index] = value }
        for number in 1...6 {
            var loss: Float = 0
            for index in 0..<3 {
                let distance = parameters.vector[index] - target[index]
                gradients.vector[index] = curvature[index] * distance
                loss += 0.5 * curvature[index] * distance * distance
            }
            #expect(abs(Double(loss) - trace.losses[number - 1]) < 1e-4)
            optimizer.step(
                number: number, learningRate: schedule.rate(number, peak: 0.25),
                gradientNorm: optimizer.gradientNorm(gradients), parameters: parameters,
                gradients: gradients)
        }
        for (value, expected) in zip(doubles(parameters), trace.parameters) {
            #expect(abs(value - expected) < 1e-4)
        }
    }
}
