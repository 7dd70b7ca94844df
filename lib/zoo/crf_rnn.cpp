#include "zoo/fcn.hpp"

// Zheng et al. 2015. Layer names are those of the release, torrvision/crfasrnn.
namespace vkseg::zoo {

ValueId crf_rnn(GraphBuilder& net, ValueId picture, const Parameters& parameters)
{
    const ValueId unary = fcn_8s(net, picture, parameters,
                                 {.score_fr = "score-fr",
                                  .upscore2 = "score2",
                                  .score_pool4 = "score-pool4",
                                  .upscore_pool4 = "score4",
                                  .score_pool3 = "score-pool3",
                                  .upscore8 = "upsample",
                                  .upscore2_has_bias = true});
    // The network's input is the picture minus a mean; the CRF needs the picture itself.
    const ValueId pixels = net.add(picture, net.constant(Tensor::from({3, 1, 1}, {103.939f, 116.779f, 123.68f})));
    const DenseCrf crf = {.iterations = 10,
                          .gaussian_sxy = 3,
                          .bilateral_sxy = 160,
                          .bilateral_srgb = 3,
                          .normalization = CrfNormalization::after,
                          .gives_logits = true};
    std::vector<ValueId> inputs = {unary, pixels};
    for (const char* matrix : {"spatial_weights", "bilateral_weights", "compatibility"})
        inputs.push_back(net.weight(std::string("inference1.") + matrix, {parameters.classes, parameters.classes}));
    return net.node(crf, std::move(inputs), "inference1");
}

} // namespace vkseg::zoo
