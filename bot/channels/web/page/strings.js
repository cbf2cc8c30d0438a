// Everything that the page itself says. What Guichê answers comes from the server.
export const STRINGS = {
  you: "Você",
  assistant: "Guichê",
  typing: "O Guichê está escrevendo…",
  offline: "Sem conexão. Estou tentando de novo…",
  online: "Conexão de volta.",
  sending: "Enviando…",
  notSent: "Não foi enviada.",
  retry: "Tentar de novo",
  refused: "Não foi possível enviar. Tente de novo daqui a pouco.",
  choices: "Opções",
  newConversation: "Começar uma nova conversa? A conversa atual sai desta tela.",
  startFailed: "Não consegui abrir a conversa. Estou tentando de novo…",
  examples: [
    "Esqueci minha senha",
    "Quero fazer meu cadastro",
    "Consultar um processo",
    "Assinar um documento",
    "Falar com uma pessoa",
  ],
};
