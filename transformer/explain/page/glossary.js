// The words of the field, each in a sentence or two. `term("softmax")` shows one on hover.

import { ANSWER_WORDS } from "./glossary_answers.js";

export const GLOSSARY = {
  token: {
    name: { en: "token", zh: "词元" },
    text: {
      en: "A piece of text that the model treats as one unit: here a character or a word. The " +
        "model knows it by a number, its id.",
      zh: "模型当作一个整体的一小段文字，这里是一个字符或一个词。模型只认得它的编号。",
    },
  },
  vocabulary: {
    name: { en: "vocabulary", zh: "词表" },
    text: {
      en: "The list of all tokens that the model can read and write. A token's id is its place " +
        "in it.",
      zh: "模型能读能写的全部词元。一个词元的编号就是它在表里的位置。",
    },
  },
  vector: {
    name: { en: "vector", zh: "向量" },
    text: {
      en: "A row of numbers. All that the model knows about a token at some point is one such row.",
      zh: "一排数。模型在某处对一个词元所知道的一切，就是这样一排数。",
    },
  },
  embedding: {
    name: { en: "embedding", zh: "嵌入" },
    text: {
      en: "A table with a learned vector for each token. Reading a token means taking its row.",
      zh: "一张表，每个词元一行，是学出来的向量。读入一个词元，就是取出它那一行。",
    },
  },
  position: {
    name: { en: "position", zh: "位置" },
    text: {
      en: "Where a token stands. Attention itself does not see the order, so the position is " +
        "added to the vector, or turned into it.",
      zh: "词元排在第几个。注意力本身看不出先后，所以要把位置加进向量，或者按位置旋转向量。",
    },
  },
  residual: {
    name: { en: "residual stream", zh: "残差流" },
    text: {
      en: "The token's vector on its way through the model. Each sublayer reads it and adds its " +
        "result to it; nothing is replaced.",
      zh: "词元的向量一路穿过模型，像一条河。每个子层从中读取，再把结果加回去，而不是替换它。",
    },
  },
  attention: {
    name: { en: "attention", zh: "注意力" },
    text: {
      en: "How a token gathers information from others: it asks, the others answer, and what " +
        "fits best counts most.",
      zh: "词元向其他词元收集信息的办法：它来问，别人来答，谁答得最合适，谁的分量就最大。",
    },
  },
  "self-attention": {
    name: { en: "self-attention", zh: "自注意力" },
    text: {
      en: "Attention among the tokens of one text: they ask each other.",
      zh: "同一段文字里的词元互相问答。",
    },
  },
  "cross-attention": {
    name: { en: "cross-attention", zh: "交叉注意力" },
    text: {
      en: "Attention from the answer to the question: the decoder's tokens ask, those of the " +
        "encoder's memory answer.",
      zh: "从答案看向问题：解码器的词元来问，编码器记忆里的词元来答。",
    },
  },
  query: {
    name: { en: "query", zh: "查询" },
    text: {
      en: "What a token asks for: its vector times a learned matrix.",
      zh: "query：一个词元想问什么：它的向量乘以一个学出来的矩阵。",
    },
  },
  key: {
    name: { en: "key", zh: "键" },
    text: {
      en: "What a token offers to be found by. A query and a key that point the same way give a " +
        "high score.",
      zh: "key：一个词元凭什么被找到。查询与键方向越一致，得分越高。",
    },
  },
  value: {
    name: { en: "value", zh: "值" },
    text: {
      en: "What a token hands over when it is looked at.",
      zh: "value：一个词元被看到时交出去的内容。",
    },
  },
  score: {
    name: { en: "score", zh: "得分" },
    text: {
      en: "How well a key fits a query: the sum of the products of their numbers, divided by " +
        "√d_head.",
      zh: "键与查询有多合拍：对应的数两两相乘再相加，然后除以 √d_head。",
    },
  },
  "attention weight": {
    name: { en: "attention weight", zh: "注意力权重" },
    text: {
      en: "The share that a token gets of another's attention. The shares of a row add up to 1.",
      zh: "一个词元分到的注意力份额。一行的份额加起来等于 1。",
    },
  },
  softmax: {
    name: { en: "softmax", zh: "softmax" },
    text: {
      en: "Turns any numbers into shares that add up to 1: e to the power of each, divided by " +
        "the sum of these.",
      zh: "把任意一组数变成和为 1 的份额：每个数取 e 的幂，再除以总和。",
    },
  },
  head: {
    name: { en: "head", zh: "头" },
    text: {
      en: "One of several attentions side by side, each with queries, keys and values of its " +
        "own, so that each can look for something else.",
      zh: "并排的几个注意力之一，各有各的查询、键和值，因此可以各找各的东西。",
    },
  },
  mask: {
    name: { en: "mask", zh: "掩码" },
    text: {
      en: "What a token may not see. Its score becomes −∞ there, so its weight becomes 0.",
      zh: "规定哪些不许看。那里的得分变成 −∞，权重就成了 0。",
    },
  },
  "causal mask": {
    name: { en: "causal mask", zh: "因果掩码" },
    text: {
      en: "No token sees those after it. Otherwise, in training, it could copy the answer that " +
        "it has to predict.",
      zh: "任何词元都看不到它后面的。不然训练时只要抄下一个就行了，什么也学不到。",
    },
  },
  padding: {
    name: { en: "padding", zh: "填充" },
    text: {
      en: "Fills shorter texts up to the same length. No real token looks at it.",
      zh: "把较短的文字补到一样长。真正的词元都不看它。",
    },
  },
  MLP: {
    name: { en: "MLP", zh: "MLP" },
    text: {
      en: "Two matrices with ReLU between them, applied to each token alone. Here a token works " +
        "with what attention has gathered.",
      zh: "前馈网络：两个矩阵，中间夹一个 ReLU，对每个词元单独计算。注意力收集来的东西，在这里加工。",
    },
  },
  unit: {
    name: { en: "hidden unit", zh: "隐藏单元" },
    text: {
      en: "One number of the MLP's hidden layer. It looks for something in the vector; if it " +
        "finds it, it adds its own direction.",
      zh: "MLP 隐藏层里的一个数。它在向量里寻找某样东西，找到了，就往里加上自己的方向。",
    },
  },
  ReLU: {
    name: { en: "ReLU", zh: "ReLU" },
    text: {
      en: "Keeps what is positive and turns the rest into 0.",
      zh: "正的留下，其余变成 0。",
    },
  },
  "add & norm": {
    name: { en: "Add & Norm", zh: "相加与归一化" },
    text: {
      en: "Add: the sublayer's result is added to the stream. Norm: the numbers are brought to a " +
        "common scale.",
      zh: "相加：把子层的结果加回残差流。归一化：把这些数调到同样的尺度。",
    },
  },
  LayerNorm: {
    name: { en: "LayerNorm", zh: "LayerNorm" },
    text: {
      en: "Subtracts a vector's mean and divides by its standard deviation; then a learned " +
        "weight and bias for each number.",
      zh: "减去向量的均值，除以标准差，再乘上学来的权重、加上偏置。",
    },
  },
  RMSNorm: {
    name: { en: "RMSNorm", zh: "RMSNorm" },
    text: {
      en: "Divides a vector by the root of its mean square; then a learned weight for each number.",
      zh: "用均方根去除向量，再乘上学来的权重。",
    },
  },
  encoder: {
    name: { en: "encoder", zh: "编码器" },
    text: {
      en: "The half of the model that reads the question. Its tokens see each other on both sides.",
      zh: "模型里负责读题的一半。它的词元前后都能看到。",
    },
  },
  decoder: {
    name: { en: "decoder", zh: "解码器" },
    text: {
      en: "The half of the model that writes the answer, one token after another.",
      zh: "模型里负责写答案的一半，一个词元接一个词元地写。",
    },
  },
  memory: {
    name: { en: "memory", zh: "记忆" },
    text: {
      en: "What the encoder has made of the question: a vector for each of its tokens. Every " +
        "cross-attention reads it.",
      zh: "编码器读完题后留下的：每个词元一个向量。每一层交叉注意力都来读它。",
    },
  },
  ...ANSWER_WORDS,
};
