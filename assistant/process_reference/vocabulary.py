"""The words around a number that say what it is. Folded (no accents), as people write them, misspellings included.

`Role` is what a word does when it stands before a number; words without a role are content ("poda", "cozinha").
"""

from enum import Enum


class Role(Enum):
    FILLER = "filler"  # articles, prepositions, greetings, "ver", "consultar": says nothing about the number
    COPULA = "copula"  # "é o 88": the number is what the sentence is about
    CUE = "cue"  # processo, protocolo
    LABEL = "label"  # número, nº
    YEAR = "year"  # ano
    DOCUMENT = "document"  # has a number and year of its own: lei, edital, nota fiscal; or an id: CPF, CNH
    SUBJECT = "subject"  # the same, but a process may be about one: contrato, matrícula
    PIECE = "piece"  # part of a process, or its cause: despacho, certidão, multa
    TOPIC = "topic"  # names a process: alvará, projeto
    THING = "thing"  # numbered things: sala, passo, versão; months; amounts
    ADDRESS = "address"
    PHONE = "phone"
    STOP = "stop"  # a count or a time follows: há, faz, tenho, mais
    CLAUSE = "clause"  # starts another thought: mas, porque, quando


def word_set(text: str) -> frozenset[str]:
    """A set of words written as one text."""
    return frozenset(text.split())


CUES = word_set("""
    processo processos proc procs process prosseso proseso prosesso processso proceso procesos procesço processinho
    pocesso protocolo protocolos prot protoc protocol protoclo protocollo protocolado prtocolo expediente expedientes
    exp requerimento requerimentos req reqto requer autos pa pas adm solicitacao solicitacoes pedido pedidos consulta
""")
# Cues that are words of their own as well: they say "process" only right before the number.
TIGHT_CUES = word_set("pa pas adm exp req requer consulta pedido pedidos protocolado solicitacao solicitacoes autos")
LABELS = word_set("numero numeros num nr nro nrs nums n nº numer numeru nuemro numro numeracao")
YEARS = word_set("ano anos exercicio anu")
COPULAS = word_set("e eh era foi seria sera sao fica ficou termina comeca")

FILLERS = word_set("""
    a o as os um uma de da do das dos d di du em no na nos nas num numa ao aos pelo pela por pra pro para p pras pros
    com c sem sob sobre ref referente relativo acerca quanto ai aqui la lah ali ne ta tah so soh ja ainda tambem tb
    tbm entao ent agora hoje ontem assim mesmo msm tipo esse essa este esta isso isto aquele aquela desse dessa deste
    desta nesse nessa neste nesta meu minha meus minhas seu sua seus suas nosso nossa dele dela dum duma eu voce vc
    vcs voces ce cs tu ele ela nois gente me mi mim te lhe se que q qual quais cade kd onde como oi ola oie opa ei hey
    eai bom boa dia tarde noite tudo bem td blz beleza prezado prezada prezados senhor senhora sr sra dr dra moco moca
    amigo amiga favor pf pfv pfvr pfvor porfavor gentileza obrigado obrigada obg obgd vlw valeu grato grata
    atenciosamente att abs abraco oq poderia pode podem podia consegue conseguem tem quero qro queria quer gostaria
    preciso presiso precisava necessito desejo ver veja ve vejam olha olhar olhe consultar consulto consulte pesquisar
    pesquisa pesquise buscar busca busque procurar procuro procura procure achar acha ache abrir abre abra puxar puxa
    puxe localizar localiza localize verificar verifica verifique checar checa cheque conferir confere confira
    acompanhar acompanha acompanhamento saber sabe informar informa informe informacao informacoes info dizer diz diga
    digo fala fale falar mostrar mostra mostre manda mande mandar dar passar passa passe andamento andamentos situacao
    status estado pe posicao movimentacao movimentacoes tramitacao tramite tramitando novidade novidades noticia
    noticias resultado estao estava tava anda andando andou vai vou ir deu saiu segue seguem abaixo acima certo
    correto errado sim nao ok okay certinho exato claro oia uai rapaz tche bah vamos vamo sei lembro acho to tou estou
    sou sistema administrativo administrativa adm eletronico eletronica digital fisico municipal interno virtual
    aberto aberta abri abriu abrimos autuado protocolado protocolada protocolei protocolou registrado registrada
    cadastrado datado distribuido entrada dei demos dado deram gerou gerado gerada recebi passaram orgao orgaos aquilo
    outro outra vez dnv novo novamente denovo referencia fiscal fiscais traco barra hifen ponto espaco underline
    travessao final inicial inteiro completo formato seguinte segundo via portal chat boot bot robo ajuda ajudar help
    please pls poderiam possivel qualquer algum alguma
""")
CLAUSES = word_set("""
    mas porem porque pq quando enquanto onde aonde embora pois portanto contudo entretanto senao caso depois
""")
STOPS = word_set("""
    ha faz fazem fas tem tenho temos tinha tive teve uns umas cerca quase apenas somente ate desde entre cada mais
    menos todos todas ambos vezes x leva levam leve levou demora demoram demorou daqui dentro prazo nasci nascido as
    os aos nas nos das dos pelas pelos duas
""")

DOCUMENTS = word_set("""
    nota notas nf nfs nfc nfce nfe nfse nfses danfe cupom cupons edital editais pregao pregoes tomada tomadas
    inexigibilidade credenciamento concorrencia chamamento chamada concursos convite leilao lei leis lc l pl plc plo
    pec decreto decretos dec resolucao resolucoes res portaria portarias instrucao normativa in mp medida emenda
    emendas ec constituicao cf lgpd lai clt cpc cpp ctn ctm ctb artigo artigos art arts inciso incisos inc paragrafo
    paragrafos alinea sumula sumulas acordao norma normas nbr abnt iso oficio oficios memorando memorandos memo ci
    circular circulares comunicado comunicados aditivo ata atas empenho empenhos ticket tickets bo bos ocorrencias
    manifestacao manifestacoes esic sic adi adin adpf mocao mocoes indicacoes deliberacao deliberacoes provimento ato
    atos ementa precatorio precatorios rpv seletivo seletiva seletivos judicial judiciais penal trabalhista
    trabalhistas criminal civel tj tjsp trt trf stf stj vara forum comarca cpf cpfs cnpj cnpjs rg rgs cnh ie im
    inscricoes matriculas cadastros placa placas renavam chassi pis pasep nis nit ctps sus passaporte crm oab crea crc
    cau cartao cartoes agencia banco pix boleto boletos linha gare dam darf hidrometros medidor relogio cep ceps dipam
    icms ipva apolice crv crlv rastreio rastreamento nire cnae ncm cid cbo ibge cdc dl med rdc inquerito inqueritos
    mandado agravo apelacao habeas resp tema recibo port
""")
# Hard, too, yet a process may be about one: "processo do contrato 123/2023" is a process.
SUBJECTS = word_set("""
    contrato contratos convenio convenios iptu itbi iss issqn taxa taxas inscricao matricula cadastro cadastral
    chamado chamados ocorrencia ligacao hidrometro boletim conta contas fatura faturas ordem carne concurso tributo
    tributos titulo instalacao pensao licitacao licitacoes dispensa apostila
""")
# What lies inside a process, or sets one off: it rules a pair of year and number only from right before it.
PIECES = word_set("""
    despacho despachos parecer pareceres certidao certidoes multa multas auto infracao notificacao notificacoes
    intimacao intimacoes termo termos declaracao declaracoes guia guias indicacao laudo laudos receita receitas divida
    dividas
""")
# What people call a process by: "o alvará 5567/2025" is one, "alvará 5567" may be anything.
TOPICS = word_set("""
    alvara alvaras licenca licencas habite habitese projeto projetos recurso edificacao obra obras imovel imoveis
""")
THINGS = word_set("""
    janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro jan fev mar abr mai jun
    jul ago set out nov dez dia dias mes meses hora horas semana semanas idade anos sala salas andar andares predio
    mesa box vaga fila passo passos etapa etapas fase fases item itens pagina paginas pag pg folha folhas fl fls tela
    telas aba campo opcao opcoes alternativa alternativas pergunta questao anexo anexos arquivo arquivos documento
    documentos doc docs foto fotos imagem volume vol capitulo tomo quadro tabela figura windows win android ios iphone
    samsung galaxy office word excel chrome firefox edge safari java adobe acrobat internet wifi versao v vs python
    erro erros error http codigo guiche porta ip onibus covid canal radio fm jogo bingo loteria mega quina valor
    valores preco precos salario reais real rs total quantia multa desconto parcela parcelas juros saldo secao setor
    zona quadra lote turma serie grupo nivel grau tipo categoria classe faixa lista codigos cod chave senha senhas pin
    puk token tokens otp sms login usuario caixa pasta uber km quilometro temperatura peso altura tamanho nota
    tentativa tentativas dezena certificado vencimento competencia periodo bienio safra mandato gestao legislatura
    temporada campeonato copa custa custam custou paguei pagar pago paga gastei devo vale valem comprei
""")
ADDRESSES = word_set("""
    rua ruas r al pca aven alam avenida av travessa trav alameda praca largo rodovia rod estrada viela beco ladeira
    endereco apto ap apt apartamento bloco bl casa edificio condominio cond bairro jardim vila fundos lote lotes
    quadra km andar moro mora reside resido terreno logradouro residencial chacara sitio
""")
PHONES = word_set("""
    telefone telefones tel tels fone fones celular cel whatsapp whats zap zapzap wpp wats ramal ramais ddd contato
    ligar ligue liga liguei ligo ligaram ligou disque disk disca discar chama chamar sac telegram
""")
# After a number: what was counted or measured.
UNITS = word_set("""
    dia dias mes meses semana semanas hora horas hrs hs h hr min mins minuto minutos segundos seg anos aninhos reais
    real conto contos pila pilas pau paus mangos centavos milhao milhoes bilhoes dolares vezes vez x pessoa pessoas
    filho filhos filha filhas crianca criancas neto netos irmaos irmas funcionarios servidores alunos processo
    processos protocolo protocolos pendencia pendencias pendentes requerimentos pedidos solicitacoes documento
    documentos doc docs arquivo arquivos anexo anexos pagina paginas pags pgs folhas fls vias copias foto fotos
    imagens assinatura assinaturas etapas passos itens tarefas tarefa mensagens emails metro metros m mt mts cm mm km
    quilometros alqueires hectares ha graus quilos kg gramas litros ml kb mb gb tb mega megas giga andar andares
    quartos comodos lotes casas apartamentos unidades parcela parcelas prestacoes digitos digito numeros letras
    caracteres algarismos pontos tentativas contas cpfs cnpjs usuarios senhas perguntas duvidas opcoes coisas lugares
    secretarias orgaos uteis corridos apto apt apartamento ap bloco casa fundos bairro esquina
""")
MONTHS = word_set("""
    janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro jan fev abr jun jul ago
    set out nov dez
""") | {"mar", "mai"}
# Words that may stand between a number and the year, or the órgão, that belongs to it.
LINKS = word_set("""
    de da do das dos d di du em no na nos nas e eh o a que foi era dele dela ano anu exercicio numero num nr nro n nº
    aberto aberta abertos abri abriu protocolado protocolada protocolei protocolou autuado registrado registrada
    processo protocolo proc orgao la lah ai aqui com sob pela pelo junto ao pertence pertencente sendo ele ela entrada
    dei cadastrado feito feita iniciado datado tramita tramitando municipal aquele mesmo barra traco hifen ponto espaco
    underline travessao tambem tb perante base corrente depois del el un um
""")
TEMPORAL = word_set("desde ate em competencia mes referencia vencimento periodo exercicio entre mandato bienio safra")
TEMPORAL_LINKS = TEMPORAL | {"de"}
# "perto da prefeitura": the órgão is a place, or somebody's employer, not the owner of the process.
NEAR_PLACES = word_set("""
    perto frente lado atras longe proximo proxima ponto funcionario funcionaria servidor servidora site portal
    telefone endereco predio trabalho trabalha trabalhei concurso porta esquina redor fone tel email pagina aplicativo
    app aposentado aposentada prefeito secretario presidente moro mora
""")
ABBREVIATIONS = word_set(
    "n no nº num nr nro proc prot protoc exp req art av r ap apto tel sr sra dr dra ref cod c p s pa"
)

CORRECTIONS = word_set("""
    nao errei errado errada erro corrigindo correcao corrigir corrige desculpa desculpe perdao opa ops digo quis dizer
    verdade alias melhor dizendo enganei engano trocar troca troquei mudar muda queria era tinha falei digitei
""")
# What people say when they only want to know how a process is.
ABOUT_PROCESSES = word_set("""
    tramitacao parado parada pronto pronta novidade novidades saber noticia urgente resposta respondido atualizacao
    atualizado atualizada finalizado finalizada concluido concluida aprovado deferido indeferido arquivado encaminhado
    analisado analise parecer despachado despacho resolveu resolvido decisao dados interessado movimentado
""")

_ORDER = (
    (CLAUSES, Role.CLAUSE),
    (FILLERS, Role.FILLER),
    (STOPS, Role.STOP),
    (COPULAS, Role.COPULA),
    (THINGS, Role.THING),
    (PHONES, Role.PHONE),
    (ADDRESSES, Role.ADDRESS),
    (DOCUMENTS, Role.DOCUMENT),
    (SUBJECTS, Role.SUBJECT),
    (PIECES, Role.PIECE),
    (TOPICS, Role.TOPIC),
    (YEARS, Role.YEAR),
    (LABELS, Role.LABEL),
    (CUES, Role.CUE),
)
# Later lines win: a word of two lists has the role that says more.
ROLES: dict[str, Role] = {word: role for group, role in _ORDER for word in group}
